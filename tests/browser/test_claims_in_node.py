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
    return { own: free.slice(0, most), others, judged, revision: 5, seconds: 120, is_alone: !taken.size };
  };
  const makeDesk = (name) => {
    const desk = m.makeState({ preference: () => "0", prefer() {} });
    desk.data = { key: "a", person: name, fingerprint: "f", words: { hard: "hard" }, classes: [] };
    desk.rows = [10, 11, 12, 13, 14, 15, 16];
    desk.source = { about: () => ({ run: "r" }), judged: async () => ({ revision: 1, verdicts: {} }),
      claim: (...about) => server(...about) };
    desk.outbox = { post: () => 1, answer: async () => ({ revision: 2, tag: "hard", value: "" }) };
    desk.screen = { draw: () => drawn.push(desk.row), head() {} };
    const items = new Map([...Array(40).keys()].map((row) => [row, { row, id: `e${row}` }])); // all are loaded
    desk.stock = { items, stale: new Set(), fetchAhead() {}, refresh() {}, judged: async () => [] };
    desk.judging = makeJudging(desk);
    let names = 0;
    desk.claims = makeClaims(desk, () => `w${names++}`);
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
    asked = {"rows": list(range(10, 17)), "most": 4, "window": "w0", "isDispute": False, "drop": []}
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


@pytest.mark.parametrize("way", ["the claim", "a claim of the next ones"])
def test_what_another_judged_before_its_claim_was_answered_is_never_shown(desk, way):
    """The server may tell of the verdict before it answers the claim."""
    found = desk(f"""
      for (let row = 17; row < 30; row += 1) desk.rows.push(row);
      await desk.claims.ask();
      const answer = server;
      let give; server = (...about) => new Promise((go) => {{ give = () => go(answer(...about)); }});
      desk.claims.ask({str(way != "the claim").lower()});
      desk.go(5);
      const verdict = {{ tag: "hard", value: "", who: "ben" }};
      judged[15] = verdict;
      desk.verdicts.take(4, [15], {{ 15: verdict }});
      const waits = [desk.claims.mayShow(15), desk.isWaiting()];
      server = answer; give(); await settled(); await settled();
      return {{ waits, row: desk.row }};
    """)
    assert found == {"waits": [False, True], "row": 16}


def test_what_another_judges_while_it_is_on_screen_stays_there(desk):
    found = desk("""
      await desk.claims.ask();
      const before = desk.claims.mayShow(10), verdict = { tag: "hard", value: "", who: "ben" };
      judged[10] = verdict;
      await desk.claims.ask(true);
      return [before, desk.row, desk.claims.mayShow(10), desk.isDone(10)];
    """)
    assert found == [True, 10, True, True]


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


@pytest.mark.parametrize("way", ["judged[10] = { tag: 'skip', value: '', who: 'ben' };", "taken.set(10, 'ben');"])
def test_a_row_that_is_opened_by_its_address_stays_also_when_the_claim_tells_first_whose_it_is(desk, way):
    found = desk(f"""
      desk.drawn = ["wanted"];
      {way}
      await desk.claims.ask();
      return {{ row: desk.row, isShown: desk.claims.mayShow(10), drawn }};
    """)
    assert found == {"row": 10, "isShown": True, "drawn": [10]}


def test_the_end_names_who_has_the_rest_and_goes_on_with_what_they_leave(desk):
    found = desk("""
      desk.rows = [10, 11];
      for (const row of desk.rows) taken.set(row, "ben");
      await desk.claims.ask(); await settled();
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
    assert found["last"] == {"rows": [], "most": 0, "window": "w0", "release": True}


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
      answer({ own: [10, 11], others: {}, judged: {}, revision: 5, seconds: 120, is_alone: true });
      await asking;
      return { released: asked.filter((one) => one.release).length, shows: desk.claims.mayShow(10) };
    """)
    assert found == {"released": 1, "shows": False}


SAID = """
  const none = () => undefined;
  const element = () => ({ value: "", addEventListener: none, setAttribute: none, append: none, replaceChildren: none,
    querySelector: none });
  globalThis.document = { createElement: element };
  const ways = {
    press: () => desk.judging.press("hard"), clear: () => desk.judging.judge("", ""),
    picked: () => desk.judging.picked("cat"), tags: () => desk.judging.confirmSet({ yes: [], unknown: [] }),
    wrong: () => desk.judging.press("mislabelled") };
  const posts = [];
  desk.outbox.post = (...post) => posts.push(post);
  const saidBy = (way) => { const n = posts.length; ways[way](); return posts.length - n + (desk.chooser ? 1 : 0); };
"""


@pytest.mark.parametrize("is_blind", [False, True])
@pytest.mark.parametrize("way", ["press", "clear", "picked", "tags", "wrong"])
def test_nobody_judges_a_row_before_the_first_claim_is_answered(desk, way, is_blind):
    found = desk(f"""{SAID}
      desk.wantsBlind = {str(is_blind).lower()};
      const answer = server;
      let give; server = (...about) => new Promise((go) => {{ give = () => go(answer(...about)); }});
      desk.claims.ask();
      const before = saidBy("{way}");
      give(); await settled();
      const shown = desk.row;
      desk.claims.end();
      const left = saidBy("{way}");
      desk.claims.ask(true); give(); await settled();
      return {{ before, shown, left, after: saidBy("{way}") }};
    """)
    assert found == {"before": 0, "shown": 10, "left": 0, "after": 1}


@pytest.mark.parametrize("way", ["press", "clear", "picked", "tags", "wrong"])
def test_nobody_judges_a_row_that_is_not_loaded(desk, way):
    found = desk(f"""{SAID}
      await desk.claims.ask();
      const item = desk.stock.items.get(10);
      desk.stock.items.delete(10);
      const before = saidBy("{way}");
      desk.stock.items.set(10, item);
      return [before, saidBy("{way}")];
    """)
    assert found == [0, 1]


def test_blind_no_answer_runs_ahead_of_the_claims(desk):
    found = desk("""
      desk.wantsBlind = true;
      desk.rows = [10, 11];
      await desk.claims.ask();
      server = () => new Promise(() => {});
      desk.go(1);
      const said = [desk.claims.mayShow(11), desk.isWaiting()];
      desk.judging.press("hard"); desk.judging.picked("cat");
      return [...said, desk.spoken.size];
    """)
    assert found == [False, True, 0]


def test_no_edit_begins_or_is_lost_while_its_row_may_be_another_s(desk):
    found = desk("""
      const { makeCorrecting } = await load("review/correcting.js");
      desk.correcting = makeCorrecting(desk);
      const scene = { example: "e10", width: 100, height: 80, added: [] };
      desk.data.corrects = { classes: ["cat"], identity: {} };
      desk.stock.items.get(10).scene = scene;
      const posts = [];
      desk.outbox.post = (...post) => posts.push(post);
      const open = () => desk.correcting.open({ id: "e10#a1", box: [10, 10, 50, 50], label: "cat" });
      open();
      const before = desk.correcting.edit();
      await settled();
      open(); desk.correcting.nudge([5, 0]);
      desk.claims.end();
      desk.correcting.save(); desk.correcting.remove(); desk.correcting.named("cat");
      const kept = [posts.length, desk.correcting.edit() !== null];
      await settled();
      desk.correcting.save();
      return { before, kept, posts: posts.length };
    """)
    assert found == {"before": None, "kept": [0, True], "posts": 1}


def test_a_claim_that_ran_out_shows_nothing_until_it_is_renewed(desk):
    found = desk("""
      await desk.claims.ask();
      const now = Date.now();
      Date.now = () => now + 121000;
      const over = [desk.claims.mayShow(10), desk.isWaiting()]; // which renews it
      await settled();
      const renewed = [desk.claims.mayShow(10), desk.isWaiting(), asked.length, drawn.length];
      taken.set(10, "ben");
      Date.now = () => now + 250000;
      await desk.claims.ask(true);
      return { over, renewed, row: desk.row, note: desk.judging.note() };
    """)
    assert found["over"] == [False, True]
    assert found["renewed"] == [True, False, 2, 2]
    assert (found["row"], found["note"]) == (11, "ben has that example on screen now")


HANGING = """
  const timers = new Map();
  globalThis.setTimeout = (run, ms, ...with_) => { timers.set(ms, () => run(...with_)); return {}; };
  const answer = server, soon = async () => { for (let k = 0; k < 9; k += 1) await Promise.resolve(); };
  server = () => new Promise(() => {});
"""


def test_alone_a_question_that_hangs_counts_as_unanswered(desk):
    found = desk(f"""
      await desk.claims.ask(); {HANGING}
      const asking = desk.claims.ask(true);
      const before = desk.claims.mayShow(16);
      timers.get(10000)();
      await asking;
      const after = [desk.row, desk.claims.mayShow(16)];
      server = answer;
      timers.get(15000)(); // the renewal
      await soon();
      return {{ before, after, asked: asked.length }};
    """)
    assert found == {"before": False, "after": [10, True], "asked": 2}


@pytest.mark.parametrize("queue", ["the first one", "another one"])
@pytest.mark.parametrize("status", [403, 409, 503])
def test_whoever_is_refused_before_others_are_known_goes_on(desk, status, queue):
    found = desk(f"""
      const answer = server;
      if ({str(queue == "another one").lower()}) {{
        await desk.claims.ask();
        desk.data = {{ ...desk.data, key: "b" }};
      }}
      server = async () => {{ throw Object.assign(new Error("not now"), {{ status: {status} }}); }};
      await desk.claims.ask();
      const shown = [10, 16].map(desk.claims.mayShow);
      for (let k = 0; k < 5; k += 1) desk.judging.press("hard");
      await settled();
      taken.set(15, "ben");
      server = answer;
      await desk.claims.ask(true);
      return {{ shown, said: desk.spoken.size, row: desk.row, drawn: drawn.includes(10) }};
    """)
    assert found == {"shown": [True, True], "said": 5, "row": 16, "drawn": True}


def test_what_another_judges_while_the_server_refuses_stays_on_the_screen_that_shows_it(desk):
    found = desk("""
      const answer = server;
      server = async () => { throw Object.assign(new Error("not now"), { status: 503 }); };
      await desk.claims.ask();
      judged[10] = { tag: "hard", value: "", who: "ben" };
      server = answer;
      await desk.claims.ask(true);
      return [desk.row, desk.claims.mayShow(10), desk.isDone(10)];
    """)
    assert found == [10, True, True]


def test_a_first_question_that_hangs_counts_as_unanswered(desk):
    found = desk(f"""
      {HANGING}
      const asking = desk.claims.ask(), waits = [...timers.keys()];
      const before = desk.claims.mayShow(10);
      timers.get(10000)();
      await asking;
      return {{ waits, before, after: [desk.row, desk.claims.mayShow(10), desk.isWaiting()], drawn }};
    """)
    assert found == {"waits": [10000], "before": False, "after": [10, True, False], "drawn": [10]}


@pytest.mark.parametrize(("seconds", "ms"), [(10, 20_000), (40, 1_000)])
def test_claims_are_renewed_as_often_when_the_server_is_slow(desk, seconds, ms):
    found = desk(f"""
      const delays = [], answer = server;
      globalThis.setTimeout = (_run, delay) => {{ delays.push(delay); return {{}}; }};
      const began = performance.now();
      let spent = 0;
      performance.now = () => began + spent;
      server = async (...about) => {{ spent = {1000 * seconds}; return answer(...about); }};
      await desk.claims.ask();
      return delays.at(-1);
    """)
    assert found == ms  # of 30 s, a quarter of the life of a claim


def test_among_others_nothing_unclaimed_is_shown_however_long_the_server_takes(desk):
    found = desk(f"""
      taken.set(16, "ben");
      await desk.claims.ask(); {HANGING}
      const asking = desk.claims.ask(true), waits = [...timers.keys()];
      timers.get(45000)();
      await asking;
      const after = [10, 13, 14].map(desk.claims.mayShow);
      server = answer;
      desk.at = 4;
      timers.get(4000)(); // the next question
      await soon();
      return {{ waits, after, then: desk.claims.mayShow(14) }};
    """)
    assert found == {"waits": [45000], "after": [True, True, False], "then": True}


def test_what_the_server_refuses_among_others_shows_nothing_unclaimed(desk):
    found = desk("""
      taken.set(16, "ben");
      await desk.claims.ask();
      const answer = server;
      server = async () => { throw Object.assign(new Error("the tag log is locked"), { status: 503 }); };
      const told = [desk.claims.isRefused()];
      await desk.claims.ask(true);
      const shown = [10, 14].map(desk.claims.mayShow);
      told.push(desk.claims.isRefused());
      server = answer;
      await desk.claims.ask(true);
      return { shown, told: [...told, desk.claims.isRefused()] };
    """)
    assert found == {"shown": [True, False], "told": [False, True, False]}


@pytest.mark.parametrize("way", ["picked('cat')", "undo()"])
def test_what_is_on_its_way_when_review_is_left_claims_nothing_more(desk, way):
    found = desk(f"""
      globalThis.performance = {{ now: () => 0 }};
      const timers = [];
      await desk.claims.ask();
      globalThis.setTimeout = (run, ms) => timers.push(run);
      globalThis.clearTimeout = (k) => {{ if (k) timers[k - 1] = null; }};
      desk.wantsBlind = true;
      desk.stock.details = async () => ({{ items: [] }});
      let store; desk.outbox.answer = () => new Promise((go) => {{ store = go; }});
      desk.judging.{way};
      desk.close();
      asked.length = 0;
      store({{ revision: 2, tag: "right", value: "", rows: [12], message: "Undone." }});
      for (let k = 0; k < 20; k += 1) await Promise.resolve();
      timers.forEach((run) => run?.());
      return asked;
    """)
    assert found == []


def test_leaving_keeps_the_claim_of_a_row_whose_verdict_is_on_its_way(desk):
    found = desk("""
      await desk.claims.ask();
      let settle; desk.outbox.answer = () => new Promise((go) => { settle = go; });
      desk.judging.judge("hard", ""); await settled();
      desk.claims.end(); await settled();
      const unstored = asked.at(-1);
      settle({ revision: 2, tag: "hard", value: "" }); await settled();
      await desk.claims.ask(); desk.claims.end(); await settled();
      return [unstored.rows, unstored.release, asked.at(-1).rows];
    """)
    assert found == [[10], True, []]


def test_a_page_that_may_be_reloaded_keeps_what_is_on_screen(desk):
    found = desk("""
      await desk.claims.ask();
      desk.judging.judge("hard", ""); await settled();
      desk.claims.end(true); await settled();
      return [desk.row, asked.at(-1).release, asked.at(-1).rows];
    """)
    assert found == [11, True, [11]]


def test_an_example_in_the_address_that_another_has_on_screen_is_shown_and_not_judged(desk):
    found = desk("""
      desk.drawn[0] = "wanted";
      taken.set(10, "ben");
      const seen = [desk.claims.mayShow(10)];
      await desk.claims.ask();
      const note = desk.judging.note();
      desk.judging.press("hard");
      seen.push(desk.claims.mayShow(10), desk.spoken.size, desk.row);
      taken.delete(10);
      await desk.claims.ask(true);
      desk.judging.press("hard");
      return { seen, note, after: [desk.spoken.size, desk.row] };
    """)
    assert found["seen"] == [False, True, 0, 10]
    assert (found["note"], found["after"]) == ("ben has that example on screen now", [1, 11])


def test_an_answer_that_comes_too_late_gives_back_nothing_that_was_claimed_since(desk):
    """The server acts on a question that hung: on claims of a name that is no longer used."""
    found = desk("""
      await desk.claims.ask();
      const answer = server;
      server = async (...about) => { await answer(...about); throw new Error("timeout"); };
      await desk.claims.ask(true);
      server = answer;
      await desk.claims.ask(true);
      desk.claims.end();
      await desk.claims.ask();
      return asked.map((one) => one.window);
    """)
    assert found == ["w0", "w0", "w1", "w1", "w2"]


def test_what_is_given_back_is_not_shown_while_the_server_is_asked(desk):
    found = desk("""
      for (let row = 17; row < 30; row += 1) desk.rows.push(row);
      await desk.claims.ask();
      server = () => new Promise(() => {});
      desk.go(5);
      return [10, 13, 15].map(desk.claims.mayShow);
    """)
    assert found == [False, False, False]


def test_an_undone_example_that_was_left_is_claimed_like_any_other(desk):
    found = desk("""
      await desk.claims.ask();
      for (let row = 17; row < 30; row += 1) desk.rows.push(row);
      desk.judging.judge("hard", ""); await settled();
      judged[10] = { tag: "hard", value: "", who: "ann" };
      await desk.claims.ask(true);
      desk.outbox.answer = async () => ({ revision: 9, rows: [10], message: "Undone." });
      await desk.judging.undo(); await settled();
      const shown = [desk.row, desk.claims.mayShow(10)];
      server = () => new Promise(() => {});
      desk.go(5);
      return [...shown, desk.claims.mayShow(10)];
    """)
    assert found == [10, True, False]


@pytest.mark.parametrize("opens", ["desk.judging.undo()", 'desk.judging.judge("", "")'])
def test_what_an_undo_opens_again_is_claimed_once_it_is_stored(desk, opens):
    found = desk(f"""
      await desk.claims.ask();
      desk.judging.judge("hard", ""); await settled();
      judged[10] = {{ tag: "hard", value: "", who: "ann" }};
      await desk.claims.ask(true);
      desk.go(0); await settled();
      let settle; desk.outbox.answer = () => new Promise((go) => {{ settle = go; }});
      const opening = {opens}; await settled();
      delete judged[10];
      const before = asked.length;
      settle({{ revision: 9, rows: [10], message: "Undone." }}); await opening; await settled();
      return [asked.length - before, asked.at(-1).rows[0], desk.row];
    """)
    assert found == [1, 10, 10]


def test_what_opens_a_row_again_names_what_the_page_claims_as(desk):
    found = desk("""
      const posts = [];
      desk.outbox.post = (path, body) => posts.push([path, body.claim]);
      await desk.claims.ask();
      desk.judging.judge("hard", ""); await settled();
      desk.outbox.answer = async () => ({ revision: 9, rows: [10], message: "Undone." });
      await desk.judging.undo(); await settled();
      const inReview = posts.splice(0);
      desk.claims = null; // a drawer of Explore
      desk.judging.judge("", ""); await settled();
      return { inReview, inDrawer: posts, window: asked[0].window };
    """)
    assert found["inReview"] == [["/hem/tags", found["window"]], ["/hem/undo", found["window"]]]
    assert found["inDrawer"] == [["/hem/tags", None]]


def test_arrows_pass_over_what_others_have_judged_while_there_is_something_else(desk):
    found = desk("""
      const said = (who) => ({ tag: "hard", value: "", who });
      desk.verdicts.take(1, [10, 11, 12, 14], { 10: said("ben"), 11: said("ann"), 12: said("ben"), 14: said("ben") });
      desk.at = 3;
      const places = [stepped(desk, -1), stepped(desk, 1)];
      desk.at = 1;
      places.push(stepped(desk, -1), stepped(desk, 1)); // nothing else is that way
      return places;
    """)
    assert found == [1, 5, 0, 3]


def test_a_claim_that_ran_out_of_sight_leaves_the_screen_before_the_server_answers(desk):
    found = desk("""
      await desk.claims.ask();
      const now = Date.now(), n = drawn.length;
      Date.now = () => now + 121000;
      server = () => new Promise(() => {});
      desk.claims.ask(true);
      return [drawn.length - n, desk.claims.mayShow(10)];
    """)
    assert found == [1, False]


def test_a_clock_that_is_set_back_makes_no_claim_live_longer(desk):
    found = desk("""
      await desk.claims.ask();
      const before = desk.claims.mayShow(10), spent = performance.now();
      const now = Date.now();
      Date.now = () => now - 3600000;
      performance.now = () => spent + 121000;
      return [before, desk.claims.mayShow(10)];
    """)
    assert found == [True, False]
