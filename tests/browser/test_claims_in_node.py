"""Claims of Review without a page, run by node: what a desk shows, skips, renews and gives back."""

import pytest

DESK = """
  const { makeJudging } = await load("review/judging.js");
  const { makeClaims, stepped } = await load("review/claims.js");
  const taken = new Map(), judged = {}, asked = [], drawn = [];
  let server = async (rows, most, about) => {
    asked.push({ rows, most, ...about });
    const free = rows.filter((row) => !taken.has(row) && !(row in judged));
    const others = Object.fromEntries(rows.filter((row) => taken.has(row)).map((row) => [row, taken.get(row)]));
    return { own: free.slice(0, most), others, judged, revision: 5, seconds: 120 };
  };
  const makeDesk = (name) => {
    const desk = m.makeState({ preference: () => "0", prefer() {} });
    desk.data = { key: "a", person: name, fingerprint: "f", words: { hard: "hard" }, classes: [] };
    desk.rows = [10, 11, 12, 13, 14, 15, 16];
    desk.source = { about: () => ({ run: "r" }), judged: async () => ({ revision: 1, verdicts: {} }),
      claim: (...about) => server(...about) };
    desk.outbox = { post: () => 1, answer: async () => ({ revision: 2, tag: "hard", value: "" }) };
    desk.screen = { draw: () => drawn.push(desk.row), head() {} };
    desk.stock = { items: new Map(), stale: new Set(), fetchAhead() {}, refresh() {}, judged: async () => [] };
    desk.judging = makeJudging(desk);
    desk.claims = makeClaims(desk, () => "w");
    return desk;
  };
  const desk = makeDesk("ann");
  const settled = () => new Promise((go) => setTimeout(go, 0));
"""


@pytest.fixture
def desk(run_js):
    return lambda body: run_js("review/desk.js", DESK + body)


def test_a_row_is_shown_once_it_is_claimed(desk):
    found = desk("""
      const before = desk.claims.mayShow(10);
      await desk.claims.ask();
      return { before, after: desk.rows.map((row) => desk.claims.mayShow(row)), drawn, asked };
    """)
    assert (found["before"], found["after"]) == (False, [True] * 4 + [False] * 3)
    assert found["drawn"] == [10]
    asked = {"rows": list(range(10, 17)), "most": 4, "window": "w", "isDispute": False, "drop": []}
    assert found["asked"] == [asked]


def test_rows_on_other_screens_are_skipped_by_verdicts_and_by_steps(desk):
    found = desk("""
      desk.rows.push(17, 18, 19);
      for (const row of [10, 12, 13]) taken.set(row, "ben");
      await desk.claims.ask();
      const first = desk.row, next = desk.rows[stepped(desk, 1)];
      desk.judging.judge("hard", ""); await settled();
      return { first, next, then: desk.row, back: desk.rows[stepped(desk, -1)], drop: asked.at(-1).drop };
    """)
    assert found == {"first": 11, "next": 14, "then": 14, "back": 11, "drop": [14, 15, 16]}


def test_what_somebody_judged_before_it_was_shown_is_not_shown(desk):
    found = desk("""
      judged[10] = { tag: "skip", value: "", who: "ben" };
      await desk.claims.ask();
      return { row: desk.row, isDone: desk.isDone(10), stale: [...desk.stock.stale] };
    """)
    assert found == {"row": 11, "isDone": True, "stale": [10]}


def test_a_judged_row_that_is_opened_by_its_address_stays(desk):
    found = desk("""
      const verdict = { tag: "hard", value: "", who: "ben" };
      desk.verdicts.take(1, [12], { 12: verdict });
      judged[12] = verdict;
      desk.at = 2;
      await desk.claims.ask();
      return { row: desk.row, drawn };
    """)
    assert found == {"row": 12, "drawn": [12]}


def test_the_end_names_who_has_the_rest_and_goes_on_with_what_they_leave(desk):
    found = desk("""
      desk.rows = [10, 11];
      for (const row of desk.rows) taken.set(row, "ben");
      await desk.claims.ask();
      const end = { at: desk.at, holders: desk.claims.holders() };
      taken.delete(11);
      await desk.claims.ask(true);
      return { end, row: desk.row, mayShow: desk.claims.mayShow(11) };
    """)
    assert found == {"end": {"at": 2, "holders": ["ben"]}, "row": 11, "mayShow": True}


def test_fast_verdicts_ahead_of_the_server_are_claimed_when_it_answers(desk):
    found = desk("""
      let give; const answer = server;
      await desk.claims.ask();
      server = (...about) => new Promise((go) => { give = () => go(answer(...about)); });
      for (let k = 0; k < 5; k += 1) desk.judging.judge("hard", "");
      const waits = [desk.row, desk.claims.mayShow(desk.row)];
      server = answer; give(); await settled();
      return { waits, shows: desk.claims.mayShow(15), row: desk.row };
    """)
    assert found == {"waits": [15, False], "shows": True, "row": 15}


def test_an_undone_row_is_shown_although_the_server_still_has_its_verdict(desk):
    found = desk("""
      await desk.claims.ask();
      desk.judging.judge("hard", ""); await settled();
      let settle; desk.outbox.answer = () => new Promise((go) => { settle = go; });
      judged[10] = { tag: "hard", value: "", who: "ann" };
      const undoing = desk.judging.undo(); await settled();
      const seen = [desk.row, desk.claims.mayShow(10), desk.isDone(10)];
      settle({ revision: 9, rows: [10], message: "Undone." }); await undoing;
      return [...seen, desk.row];
    """)
    assert found == [10, True, False, 10]


def test_a_lost_row_is_left_unless_somebody_is_at_work_on_it(desk):
    found = desk("""
      await desk.claims.ask();
      desk.chooser = { keys: new Map() };
      taken.set(10, "ben"); await desk.claims.ask(true);
      const busy = [desk.row, desk.claims.mayShow(10)];
      desk.go(1); desk.chooser = null; await settled();
      taken.set(11, "ben"); await desk.claims.ask(true);
      return { busy, row: desk.row, note: desk.judging.note() };
    """)
    assert found == {"busy": [10, True], "row": 12, "note": "ben has that example on screen now"}


def test_without_an_answer_people_go_on(desk):
    found = desk("""
      server = async () => { throw new Error("offline"); };
      await desk.claims.ask();
      return [desk.row, desk.claims.mayShow(10), desk.claims.mayShow(16)];
    """)
    assert found == [10, True, True]


def test_another_queue_is_claimed_anew_and_leaving_gives_all_back(desk):
    found = desk("""
      await desk.claims.ask();
      desk.data = { ...desk.data, key: "b" }; desk.rows = [30, 31];
      const before = desk.claims.mayShow(30);
      await desk.claims.ask();
      const after = desk.claims.mayShow(30);
      desk.claims.end(); await settled();
      return { before, after, last: asked.at(-1) };
    """)
    assert (found["before"], found["after"]) == (False, True)
    assert found["last"] == {"rows": [], "most": 0, "window": "w", "release": True}


def test_keys_typed_ahead_of_the_server_count_unless_others_are_in_the_queue(desk):
    assert desk("""
      await desk.claims.ask();
      server = () => new Promise(() => {});
      for (let k = 0; k < 5; k += 1) desk.judging.press("hard");
      return desk.spoken.size;
    """) == 5  # fmt: skip
    assert desk("""
      taken.set(16, "ben");
      await desk.claims.ask();
      server = () => new Promise(() => {});
      for (let k = 0; k < 5; k += 1) desk.judging.press("hard");
      return desk.spoken.size;
    """) == 4  # fmt: skip


def test_of_a_short_list_a_half_is_left_to_others_and_what_is_being_stored_is_kept(desk):
    found = desk("""
      desk.rows = [10, 11, 12];
      await desk.claims.ask();
      for (let k = 0; k < 2; k += 1) { desk.judging.judge("hard", ""); await settled(); }
      return asked.map(({ rows, most, drop }) => [rows, most, drop]);
    """)
    assert found == [[[10, 11, 12], 2, []], [[11, 12], 2, []]]  # 12 is wanted, 11 is on its way to the server


def test_a_dispute_that_somebody_settled_is_passed_over_until_it_is_undone_here(desk):
    found = desk("""
      desk.data.is_dispute = true;
      const settling = server;
      server = async (rows, ...more) => {
        const found = await settling(rows.filter((row) => row > 10), ...more);
        return { ...found, settled: rows.filter((row) => row === 10) };
      };
      await desk.claims.ask();
      const shown = desk.row;
      desk.judging.judge("hard", ""); await settled();
      desk.settled.add(11);
      desk.outbox.answer = async () => ({ revision: 9, rows: [11], message: "Undone." });
      await desk.judging.undo();
      return { shown, isDone: desk.isDone(10), undone: [desk.row, desk.isDone(11)] };
    """)
    assert found == {"shown": 11, "isDone": True, "undone": [11, False]}


def test_what_is_claimed_while_the_page_is_left_is_given_back(desk):
    found = desk("""
      let answer = null;
      server = (rows, most, about) => {
        asked.push(about);
        return about.release ? Promise.resolve({}) : new Promise((go) => { answer = go; });
      };
      const asking = desk.claims.ask();
      desk.claims.end();
      answer({ own: [10, 11], others: {}, judged: {}, revision: 5, seconds: 120 });
      await asking;
      return { released: asked.filter((one) => one.release).length, shows: desk.claims.mayShow(10) };
    """)
    assert found == {"released": 1, "shows": False}
