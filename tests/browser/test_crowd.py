"""A page of very many rows: what it asks of the server instead of holding columns of numbers, run by node."""

BUS = """
  const { openClient } = await load("shared/client.js");
  const sent = [];
  const answers = { page: { total: 9, rows: [3, 1], values: { loss: [0.5, null] } },
    counts: { counts: [[4], [2], [1]] }, values: { values: { loss: [7] } } };
  const described = { columns: { loss: { kind: "number", type: "<f4", title: "loss", min: 0, max: 1, is_log: true },
    label: { kind: "category", type: "|u1", title: "label", names: ["cat", "dog"] } } };
  const fetch = async (path, options = {}) => {
    const what = path.split("/")[2].split("?")[0];
    sent.push([what, options.body ? JSON.parse(options.body) : decodeURIComponent(path)]);
    if (what === "mask") return new Response(Uint8Array.of(0b0110));
    if (what === "column") return new Response(Uint8Array.of(0, 1, 1, 0));
    if (what === "spread") return new Response('{"clip": [0.1, 0.9], "least": 0.01}');
    return new Response(JSON.stringify(what === "columns" ? described : answers[what]));
  };
  const client = openClient({ fetch, kept: null, session: null, place: {} });
  const bus = m.openBus(client, { run: "r", fingerprint: "f", identity: { workspace: "w" }, token: "t", person: "ann",
    n: 4, is_crowd: true, verdicts: ["hard"], look: "picture" });
  await bus.describe();
  sent.length = 0;
"""
LASSO = {"polygon": {"x": "loss", "y": "loss", "points": [[0, 0], [1, 0], [1, 1]]}}


def test_names_are_fetched_whole_and_of_numbers_the_spread_alone(run_js):
    body = """await bus.prepare(["loss", "label"]); await bus.prepare(["loss"]);
      return [sent.map(([what]) => what), Boolean(bus.column("loss")), [...bus.column("label").values],
        bus.described.loss.clip];"""
    expected = [["column", "spread"], False, [0, 1, 1, 0], [0.1, 0.9]]
    assert run_js("explorer/bus.js", BUS + body) == expected


def test_numbers_that_are_drawn_one_by_one_are_fetched_whole(run_js):
    body = """await bus.prepare(["loss"], ["loss"]).catch(() => {}); return sent.map(([what]) => what);"""
    assert run_js("explorer/bus.js", BUS + body) == ["column"]


def test_a_lasso_is_resolved_by_the_server_once(run_js):
    body = """await bus.set({ selection: { all: [v.lasso] } });
      const chosen = [...bus.selected];
      await bus.set({ selection: { all: [] } });
      await bus.set({ selection: { all: [v.lasso] } });
      return [chosen, bus.counts, sent.length, sent[0][0]];"""
    counts = {"filter": 4, "selected": 2, "scope": 2}
    assert run_js("explorer/bus.js", BUS + body, lasso=LASSO) == [[0, 1, 1, 0], counts, 1, "mask"]


def test_a_page_brings_the_numbers_of_its_rows(run_js):
    body = """await bus.set({ selection: { all: [v.lasso] } });
      const page = await bus.pageOf("loss", true, 48, 2, ["loss"]);
      const { rule, score, is_descending, start, length, columns } = sent.at(-1)[1];
      await bus.needValues([3, 1], ["loss", "label"]);
      const before = sent.length;
      await bus.needValues([2], ["loss"]);
      return [page.rows, bus.valueOf("loss", 3), bus.valueOf("loss", 1), bus.valueOf("loss", 2), bus.valueOf("loss", 0),
        { rule, score, is_descending, start, length, columns }, sent.length - before];"""
    request = {"rule": {"all": [LASSO]}, "score": "loss", "is_descending": True, "start": 48, "length": 2}
    found = run_js("explorer/bus.js", BUS + body, lasso=LASSO)
    assert found == [[3, 1], 0.5, None, 7, None, {**request, "columns": ["loss"]}, 1]


def test_the_counts_of_a_logarithmic_histogram_name_its_ends(run_js):
    body = """const { scaleOf } = await load("explorer/scale.js");
      await bus.prepare(["loss"]);
      const counts = await bus.countsOf("loss", scaleOf(bus.described.loss));
      const { is_log, from, to, count, rules, column } = sent.at(-1)[1];
      return [counts, is_log, from, to, count, rules.length, column];"""
    assert run_js("explorer/bus.js", BUS + body) == [[[4], [2], [1]], True, 0.01, 1, 50, 3, "loss"]
