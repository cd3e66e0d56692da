"""The bus as a state machine: filter, selection and picks make masks, counts and the rule of an action's scope."""

import pytest

BUS = """
  const { openClient } = await load("shared/client.js");
  const answers = [];
  const fetch = (path) => new Promise((resolve) => answers.push({ path, give: (values, status = 200) =>
    resolve(new Response(status === 200 ? Uint8Array.from(values) : '{"error": "no such rule"}', { status })) }));
  const client = openClient({ fetch, kept: null, session: null, place: {} });
  const bus = m.openBus(client, { run: "r", fingerprint: "f", identity: { workspace: "w" }, token: "t", person: "ann",
    n: 4, verdicts: ["hard"], look: "picture" });
  bus.column = (name) => name === "loss" ? { kind: "number", values: Float32Array.from([1, 2, 3, 4]) } : undefined;
  bus.idOf = (row) => `id${row}`;
  const heard = [];
  bus.on("state", (origin) => heard.push(origin));
  bus.on("said", (message) => message && heard.push(message.error));
  const state = () => [[...bus.inFilter], bus.selected && [...bus.selected], [...bus.scope], bus.counts];
  const from = (min) => ({ all: [{ column: "loss", min, max: null }] });
  const text = { all: [{ column: "id", contains: "x" }] };
"""


@pytest.fixture
def bus(run_js):
    """bus(body): what the body returns, with a `bus` of four rows (losses 1 to 4) and `answers`, requests to answer."""
    return lambda body: run_js("explorer/bus.js", BUS + body)


def test_a_selection_lies_inside_of_the_filter(bus):
    body = """await bus.set({ filter: from(2) });
      await bus.set({ selection: { all: [{ not: from(4).all[0] }] } });
      return [state(), heard];"""
    counts = {"filter": 3, "selected": 2, "scope": 2}
    assert bus(body) == [[[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0], counts], ["page", "page"]]


def test_picks_are_the_scope_until_filter_or_selection_change(bus):
    body = """await bus.set({ picks: new Set([0, 2]) });
      const picked = [state()[2], bus.counts.scope, bus.scopeRule(), bus.hasScope()];
      await bus.set({ filter: from(3) });
      return [picked, state()[2], bus.counts.scope, bus.scopeRule()];"""
    rule = {"all": [{"column": "loss", "min": 3, "max": None}]}
    assert bus(body) == [[[1, 0, 1, 0], 2, {"all": [{"rows": ["id0", "id2"]}]}, True], [0, 0, 1, 1], 2, rule]


def test_nothing_chosen_is_everything_but_no_scope_to_act_on(bus):
    body = "await bus.set({ filter: { all: [] } }); return [state()[2], bus.counts, bus.hasScope()];"
    assert bus(body) == [[1, 1, 1, 1], {"filter": 4, "selected": 0, "scope": 4}, False]


def test_what_only_the_server_knows_is_asked_and_joined_with_what_the_page_knows(bus):
    body = """const change = bus.set({ filter: { all: [...from(2).all, ...text.all] } });
      const pending = bus.pending;
      answers[0].give([0b1011]);
      await change;
      return [pending, bus.pending, state()[0], decodeURIComponent(answers[0].path)];"""
    pending, after, mask, path = bus(body)
    assert (pending, after, mask) == (1, 0, [0, 1, 0, 1])
    assert path == '/hem/mask/r?rule={"all":[{"column":"id","contains":"x"}]}&bits=1&rev=-1'


def test_an_answer_that_was_overtaken_changes_nothing(bus):
    body = """const first = bus.set({ filter: text });
      await bus.set({ filter: from(4) });
      answers[0].give([0b0001]);
      await first;
      return [state()[0], heard, bus.pending];"""
    assert bus(body) == [[0, 0, 0, 1], ["page"], 0]


def test_what_the_server_cannot_follow_is_said_and_the_masks_stay(bus):
    body = """const change = bus.set({ filter: text }); answers[0].give([], 400); await change;
      return [state()[0], heard, bus.pending];"""
    assert bus(body) == [[1, 1, 1, 1], ["no such rule"], 0]


def test_a_listener_hears_until_it_has_left_and_the_same_hover_is_told_once(bus):
    body = """const rows = [], leave = bus.on("hover", (row) => rows.push(row));
      [3, 3, 1].forEach(bus.hover); leave(); bus.hover(2);
      return rows;"""
    assert bus(body) == [3, 1]


def test_the_same_scores_share_a_bus_and_other_scores_have_their_own(bus):
    body = """const data = { run: "r", fingerprint: "f", identity: { workspace: "w" }, n: 4, verdicts: [] };
      return [m.openBus(client, data) === bus, m.openBus(client, { ...data, fingerprint: "g" }) === bus];"""
    assert bus(body) == [True, False]


def test_a_column_is_fetched_once_and_again_after_it_failed(run_js):
    body = """let fails = true, asked = 0;
      const column = async () => {
        asked++;
        if (fails) throw new Error("gone");
        return new Float32Array([2]).buffer;
      };
      const bus = m.makeColumns({ column }, () => bus);
      bus.described = { loss: { type: "<f4", title: "Loss" } };
      const first = await bus.load(["loss"]).catch((error) => error.message);
      fails = false;
      const [[one], [two]] = await Promise.all([bus.load(["loss"]), bus.load(["loss"])]);
      await bus.load(["loss", "not there"]);
      return [first, asked, one === two, [...bus.column("loss").values], bus.title("loss"), bus.title("other")];"""
    found = run_js("explorer/columns.js", body)
    assert found == ["column 'loss': gone", 2, True, [2], "Loss", "other"]


def test_thumbnails_not_seen_yet_come_in_one_request_and_the_oldest_are_forgotten(run_js):
    body = """const asked = [], gone = [];
      URL.createObjectURL = (blob) => `url of ${blob}`; URL.revokeObjectURL = (url) => gone.push(url);
      const source = { thumbs: async (rows) => {
        asked.push(rows.length);
        return rows.map((row) => (row === 1 ? null : `picture ${row}`));
      } };
      const shown = m.makeExamples(source, "picture", () => shown);
      const first = await shown.thumbsOf([0, 1, 2]);
      await shown.thumbsOf([2, 3]);
      await shown.thumbsOf(Array.from({ length: 3000 }, (_, k) => k + 4));
      const none = m.makeExamples(source, "words", () => none);
      return [first, asked, gone, await none.thumbsOf([1])];"""
    first = ["url of picture 0", "", "url of picture 2"]
    found = run_js("explorer/examples.js", body)
    assert found == [first, [3, 1, 3000], ["url of picture 0", "url of picture 2", "url of picture 3"], [""]]
