"""The desk of Review without a page, run by node: what is fetched, judged and taken back, with a server of answers."""

import pytest

DESK = """
  const { makeStock } = await load("review/stock.js");
  const { makeJudging } = await load("review/judging.js");
  const desk = m.makeState({ preference: () => "0", prefer() {} });
  const posts = [], drawn = [], asked = [];
  let server = async (rows) => ({ revision: 1, items: rows.map((row) => ({ row, id: `e${row}`, history: [] })) });
  let answered = async () => ({ revision: 2, tag: "hard", value: "" });
  desk.data = { key: "a", person: "ann", fingerprint: "f", words: { hard: "hard" }, classes: [] };
  desk.rows = [10, 11, 12];
  desk.source = {
    about: () => ({ run: "r" }),
    details: (rows) => { asked.push(rows); return server(rows); },
    judged: async () => ({ revision: 1, verdicts: {} }) };
  desk.pictures = { fetchThumbs: async () => {}, fetchPicture: async () => false };
  desk.outbox = {
    post: (path, body) => posts.push([path, body]) - 1,
    answer: () => answered() };
  desk.screen = { draw: () => drawn.push(desk.row), head() {} };
  desk.stock = makeStock(desk, Promise.resolve());
  desk.judging = makeJudging(desk);
  const settled = () => new Promise((go) => setTimeout(go, 0));
"""


@pytest.fixture
def desk(run_js):
    return lambda body, **values: run_js("review/desk.js", DESK + body, **values)


def test_what_is_coming_is_fetched_once_and_kept(desk):
    found = desk("""
      await desk.stock.fetchAhead(); await settled(); await desk.stock.fetchAhead();
      return { asked, items: [...desk.stock.items.keys()], drawn: drawn[0] };
    """)
    assert found == {"asked": [[10, 11, 12]], "items": [10, 11, 12], "drawn": 10}


def test_what_comes_for_the_queue_before_is_dropped_and_this_one_fetched(desk):
    found = desk("""
      let give; server = () => new Promise((go) => { give = go; });
      const first = desk.stock.fetchAhead();
      await settled();
      desk.data = { ...desk.data, key: "b" }; desk.rows = [7];
      server = async (rows) => ({ revision: 1, items: rows.map((row) => ({ row, id: `e${row}` })) });
      give({ revision: 1, items: [{ row: 10, id: "e10" }] });
      await first; await settled();
      return { asked, items: [...desk.stock.items.keys()] };
    """)
    assert found == {"asked": [[10, 11, 12], [7]], "items": [7]}


def test_what_cannot_be_fetched_has_its_reason(desk):
    found = desk("""
      server = async () => { throw new Error("the server is gone"); };
      await desk.stock.fetchAhead();
      return { missing: [...desk.stock.missing], asked };
    """)
    assert found["missing"] == [[row, "the server is gone"] for row in (10, 11, 12)]
    assert found["asked"] == [[10, 11, 12]]


def test_a_verdict_shows_at_once_is_posted_by_id_and_goes_on_to_the_next_open_one(desk):
    found = desk("""
      await desk.stock.fetchAhead();
      let give; answered = () => new Promise((go) => { give = go; });
      desk.verdicts.say(11, { tag: "skip", value: "", who: "ann" });
      desk.judging.press("hard");
      const seen = { at: desk.at, verdict: desk.verdicts.get(10), note: desk.judging.note(),
                     said: desk.stock.items.get(10).history.length };
      give({ revision: 2, tag: "hard", value: "" });
      await settled();
      return { posts, seen };
    """)
    assert found["posts"] == [["/hem/tags", {"run": "r", "ids": ["e10"], "action": "add", "tag": "hard", "value": ""}]]
    verdict = {"tag": "hard", "value": "", "who": "ann"}
    assert found["seen"] == {"at": 2, "verdict": verdict, "note": "hard", "said": 1}


def test_a_row_whose_id_the_page_was_not_told_is_posted_by_its_row_and_scores(desk):
    found = desk("""
      server = async (rows) => ({ revision: 1, items: rows.map((row) => ({ row, is_blinded: true })) });
      await desk.stock.fetchAhead();
      desk.judging.judge('hard', ''); await settled();
      return posts[0][1];
    """)
    assert (found["rows"], found["fingerprint"], "ids" in found) == ([10], "f", False)


def test_a_verdict_that_the_server_refused_gives_way_to_the_server_s_word(desk):
    found = desk("""
      await desk.stock.fetchAhead();
      answered = async () => null;
      desk.judging.judge("hard", "");
      await settled(); await settled();
      return desk.verdicts.get(10) ?? null;
    """)
    assert found is None


def test_undo_goes_back_to_the_row_and_takes_that_verdict(desk):
    found = desk("""
      await desk.stock.fetchAhead();
      desk.judging.judge("hard", ""); await settled();
      const there = desk.at;
      answered = async () => ({ revision: 3, rows: [10], message: "Undone." });
      await desk.judging.undo();
      return { there, at: desk.at, verdict: desk.verdicts.get(10) ?? null, post: posts[1], note: desk.judging.note() };
    """)
    undone = ["/hem/undo", {"run": "r", "batch": 0}]
    assert found == {"there": 1, "at": 0, "verdict": None, "post": undone, "note": "Undone."}


def test_undo_of_what_was_done_before_goes_where_the_server_says(desk):
    found = desk("""
      answered = async () => ({ revision: 3, rows: [12], message: "Undone." });
      await desk.judging.undo();
      return { at: desk.at, post: posts[0] };
    """)
    assert found == {"at": 2, "post": ["/hem/undo", {"run": "r"}]}


@pytest.mark.parametrize(
    ("change", "is_other"),
    [({}, False), ({"key": "x"}, False), ({"run": "b"}, True), ({"level": "boxes"}, True),
     ({"fingerprint": "g"}, True), ({"identity": {"workspace": "v"}}, True)],
)  # fmt: skip
def test_rows_of_another_run_level_scoring_or_workspace_are_other_rows(evaluate, change, is_other):
    data = {"run": "a", "level": "examples", "fingerprint": "f", "identity": {"workspace": "w"}}
    fresh = {**data, **change}
    assert evaluate("review/desk.js", "m.isOtherRun(v.data, v.fresh)", data=data, fresh=fresh) is is_other


def test_where_people_disagree_a_row_is_done_when_this_window_has_judged_it(desk):
    found = desk("""
      await desk.stock.fetchAhead();
      desk.data.is_dispute = true;
      for (const row of desk.rows) desk.verdicts.take(1, [row], { [row]: { tag: "skip", value: "", who: "ben" } });
      const before = desk.rows.map((row) => desk.isDone(row));
      desk.judging.judge("hard", ""); await settled();
      const after = { at: desk.at, done: desk.isDone(10) };
      answered = async () => ({ revision: 3, rows: [10], message: "Undone." });
      await desk.judging.undo();
      return { before, after, undone: desk.isDone(10), who: desk.verdicts.get(10).who };
    """)
    after = {"at": 1, "done": True}
    assert found == {"before": [False] * 3, "after": after, "undone": False, "who": "ben"}


def test_an_undo_of_a_second_verdict_leaves_the_first_where_people_disagree(desk):
    found = desk("""
      await desk.stock.fetchAhead();
      desk.data.is_dispute = true;
      desk.judging.judge("hard", ""); await settled();
      desk.at = 0;
      desk.judging.judge("skip", ""); await settled();
      answered = async () => ({ revision: 4, rows: [], message: "Undone." });
      await desk.judging.undo();
      const once = desk.isDone(10);
      await desk.judging.undo();
      return [once, desk.isDone(10)];
    """)
    assert found == [True, False]


@pytest.mark.parametrize("name", ["hard", "mislabelled"])
def test_a_picture_whose_boxes_are_corrected_gets_the_verdict_that_was_pressed(desk, name):
    found = desk(
        """
      desk.data = { ...desk.data, corrects: { level: "boxes" }, has_choices: false, offered: [{ name: v.name }] };
      desk.stock.items.set(10, { row: 10 });
      desk.judging.press(v.name);
      return [posts[0][1].action, posts[0][1].tag, desk.verdicts.get(10).tag];
    """,
        name=name,
    )
    assert found == ["add", name, name]
