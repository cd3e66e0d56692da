"""The outbox, run by node against a server made of a list of answers: nothing is dropped, nothing blocks the rest."""

import pytest

HARNESS = """
  const { openOutbox } = m;
  const makeStorage = () => {
    const kept = {};
    const hidden = (value) => ({ value, enumerable: false });
    return Object.defineProperties(kept, {
      getItem: hidden((key) => kept[key] ?? null),
      setItem: hidden((key, value) => { kept[key] = value; }),
      removeItem: hidden((key) => { delete kept[key]; }) });
  };
  const answer = (status, body = {}) => ({ ok: status < 300, status, json: async () => body });
  const pages = [];
  const page = (server, storage, workspace = "w") => {
    const sent = [];
    const post = async (path, text) => {
      sent.push(JSON.parse(text));
      return server(sent.at(-1), sent.length);
    };
    const outbox = openOutbox({ workspace, token: () => "t", changed: () => {}, storage, post });
    pages.push(outbox);
    return { outbox, sent };
  };
  const until = async (is) => { while (!is()) await new Promise((go) => setTimeout(go, 5)); };
  const tag = (id) => ({ ids: [id], tag: "hard" });
  const ids = (sent) => sent.map((body) => body.ids[0]);
"""


@pytest.fixture
def in_page(run_js):
    """What the body of an async function returns; the harness gives it pages, servers and storage."""
    return lambda body: run_js("shared/outbox.js", HARNESS + body)


def test_posts_arrive_in_order_and_leave_nothing_behind(in_page):
    found = in_page("""
      const storage = makeStorage(), { outbox, sent } = page(() => answer(200), storage);
      for (const id of ["a", "b", "c"]) outbox.post("/hem/tags", tag(id));
      await until(() => outbox.count() === 0);
      return [ids(sent), Object.keys(storage).length];
    """)
    assert found == [["a", "b", "c"], 0]


@pytest.mark.slow
@pytest.mark.parametrize("status", [0, 401, 403, 408, 429, 502, 503, 504])
def test_what_may_pass_is_tried_again_and_keeps_its_place(in_page, status):
    found = in_page(f"""
      const trouble = () => {status} ? answer({status}, {{ error: "wait" }}) : Promise.reject(new TypeError());
      const {{ outbox, sent }} = page((_, turn) => turn > 2 ? answer(200) : trouble(), makeStorage());
      outbox.post("/hem/tags", tag("a"));
      outbox.post("/hem/tags", tag("b"));
      await until(() => outbox.count() === 0);
      return [ids(sent), outbox.refused.length];
    """)
    assert found == [["a", "a", "a", "b"], 0]


@pytest.mark.parametrize("status", [400, 404, 409, 411, 413])
def test_what_is_refused_for_good_is_set_aside_with_its_reason_and_the_rest_goes_on(in_page, status):
    found = in_page(f"""
      const storage = makeStorage(), no = answer({status}, {{ error: "no" }});
      const {{ outbox, sent }} = page((body) => body.ids[0] === "b" ? no : answer(200), storage);
      for (const id of ["a", "b", "c"]) outbox.post("/hem/tags", tag(id));
      await until(() => outbox.count() === 0);
      return [ids(sent), outbox.refused.map((one) => [one.body.ids[0], one.reason]), Object.keys(storage).length];
    """)
    assert found == [["a", "b", "c"], [["b", "no"]], 1]


@pytest.mark.slow
def test_a_post_that_the_server_trips_over_again_and_again_is_set_aside(in_page):
    found = in_page("""
      const { outbox, sent } = page((body) => body.ids[0] === "a" ? answer(500) : answer(200), makeStorage());
      outbox.post("/hem/tags", tag("a"));
      outbox.post("/hem/tags", tag("b"));
      await until(() => outbox.count() === 0);
      return [ids(sent), outbox.refused.map((one) => one.reason)];
    """)
    assert found == [["a"] * 4 + ["b"], ["the server answered 500"]]


def test_what_was_refused_survives_a_reload_and_is_stored_by_a_retry(in_page):
    found = in_page("""
      const storage = makeStorage(), first = page(() => answer(409, { error: "other data" }), storage);
      first.outbox.post("/hem/tags", tag("a"));
      await until(() => first.outbox.refused.length === 1);
      first.outbox.close();
      const { outbox, sent } = page(() => answer(200), storage);
      const before = [outbox.refused.length, outbox.count(), sent.length];
      outbox.retry();
      await until(() => outbox.count() === 0);
      return [before, ids(sent), outbox.refused.length, Object.keys(storage).length];
    """)
    assert found == [[1, 0, 0], ["a"], 0, 0]


def test_what_was_refused_can_be_discarded(in_page):
    found = in_page("""
      const storage = makeStorage(), { outbox } = page(() => answer(400, { error: "no" }), storage);
      outbox.post("/hem/tags", tag("a"));
      outbox.post("/hem/tags", tag("b"));
      await until(() => outbox.refused.length === 2);
      outbox.discard(outbox.refused[0]);
      return [outbox.refused.map((one) => one.body.ids[0]), Object.keys(storage).length];
    """)
    assert found == [["b"], 1]


def test_a_retry_of_what_was_discarded_meanwhile_does_nothing(in_page):
    found = in_page("""
      const { outbox, sent } = page(() => answer(400, { error: "no" }), makeStorage());
      outbox.post("/hem/tags", tag("a"));
      outbox.post("/hem/tags", tag("b"));
      await until(() => outbox.refused.length === 2);
      const [first] = outbox.refused;
      outbox.discard(first);
      outbox.retry(first);
      outbox.discard(first);
      return [outbox.refused.map((one) => one.body.ids[0]), outbox.count(), sent.length];
    """)
    assert found == [["b"], 0, 2]


def test_what_was_given_in_another_workspace_waits_for_it_and_is_counted(in_page):
    found = in_page("""
      const storage = makeStorage(), away = page(() => Promise.reject(new TypeError()), storage, "one");
      away.outbox.post("/hem/tags", tag("a"));
      away.outbox.post("/hem/tags", tag("b"));
      away.outbox.close();
      const other = page(() => answer(200), storage, "two");
      other.outbox.post("/hem/tags", tag("c"));
      await until(() => other.outbox.count() === 0);
      const elsewhere = other.outbox.elsewhere();
      const back = page(() => answer(200), storage, "one");
      await until(() => back.outbox.count() === 0);
      return [ids(other.sent), elsewhere, ids(back.sent), Object.keys(storage).length];
    """)
    assert found == [["c"], 2, ["a", "b"], 0]


def test_a_second_page_that_sends_what_is_left_does_not_drop_what_the_first_adds_meanwhile(in_page):
    found = in_page("""
      const storage = makeStorage(), down = () => Promise.reject(new TypeError());
      const first = page(down, storage);
      first.outbox.post("/hem/tags", tag("a"));
      const second = page(() => answer(200), storage);
      first.outbox.post("/hem/tags", tag("b"));
      await until(() => second.outbox.count() === 0);
      return [ids(second.sent), Object.values(storage).map((text) => JSON.parse(text).body.ids[0])];
    """)
    assert found == [["a"], ["b"]]


def test_the_undo_of_what_was_refused_takes_both_away(in_page):
    found = in_page("""
      const storage = makeStorage();
      const { outbox, sent } = page((body) => body.ids ? answer(409, { error: "no" }) : answer(200), storage);
      const number = outbox.post("/hem/tags", tag("a"));
      outbox.post("/hem/undo", { batch: number });
      await until(() => outbox.count() === 0);
      return [sent.length, outbox.refused.length, Object.keys(storage).length];
    """)
    assert found == [1, 0, 0]


def test_a_browser_that_keeps_nothing_still_sends(in_page):
    found = in_page("""
      const full = { getItem: () => null, setItem: () => { throw new Error("full"); }, removeItem: () => {} };
      const results = [];
      for (const storage of [null, full]) {
        const { outbox, sent } = page(() => answer(200), storage);
        outbox.post("/hem/tags", tag("a"));
        await until(() => outbox.count() === 0);
        results.push(sent.length);
      }
      return results;
    """)
    assert found == [1, 1]
