"""Claims of Review: one person a row, also across servers, and void when nobody renews them."""

import multiprocessing
import random
import shutil
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from hem_core.store.review_claims import LIFETIME, Holder
from hem_core.store.tags import TagLog

from . import postgres

ANN, BEN = Holder("ann", "w1"), Holder("ben", "w2")
WRITERS, ROWS = 8, 40
PEOPLE = 18
"""More than a pool has connections (15)."""


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def claims(log, clock):
    return log.claims("d", clock)


def test_two_people_never_get_the_same_row(claims):
    ids = [f"e{k}" for k in range(6)]
    assert claims.take(ANN, ids, 2).own == ("e0", "e1")
    found = claims.take(BEN, ids, 3)
    assert found.own == ("e2", "e3", "e4")
    assert found.others == {"e0": "ann", "e1": "ann"}
    assert claims.take(ANN, ids, 9).own == ("e0", "e1", "e5")
    assert claims.others("ann") == {"e2": "ben", "e3": "ben", "e4": "ben"}


def test_a_claim_runs_out_unless_it_is_renewed(claims, clock):
    claims.take(ANN, ["e0", "e1"], 2)
    clock.now += LIFETIME / 2
    claims.take(ANN, ["e0"], 1)  # e1 is no longer on her screen
    clock.now += LIFETIME * 0.6
    found = claims.take(BEN, ["e0", "e1"], 2)
    assert (found.own, found.others) == (("e1",), {"e0": "ann"})
    clock.now += LIFETIME * 1.01  # both browsers are closed
    assert claims.others("cem") == {}
    assert claims.take(Holder("cem", "w3"), ["e0", "e1"], 2).own == ("e0", "e1")


def test_windows_of_one_person_share_and_give_back_their_own(claims):
    other = Holder("ann", "w9")
    claims.take(ANN, ["e0"], 1)
    assert claims.take(other, ["e0", "e1"], 2).own == ("e0", "e1")
    claims.release(ANN)
    assert claims.others("ben") == {"e0": "ann", "e1": "ann"}
    claims.release(other, ["e1"])
    assert claims.others("ben") == {"e0": "ann"}
    assert claims.take(BEN, ["e1"], 1, drop=["e0"]).own == ("e1",)
    assert claims.others("cem") == {"e0": "ann", "e1": "ben"}  # nobody gives back what is another's


def test_a_window_that_closes_keeps_what_it_names(claims):
    claims.take(ANN, ["e0", "e1", "e2"], 3)
    claims.release(ANN, keep=["e1"])
    assert claims.others("ben") == {"e1": "ann"}


def test_a_row_is_free_when_the_last_window_of_a_person_has_given_it_back(claims):
    other = Holder("ann", "w_")  # no pattern that the window w1 fits
    claims.take(ANN, ["e0", "e1"], 2)
    claims.take(other, ["e0", "e1"], 2)
    claims.take(ANN, ["e0"], 1)  # renewed
    claims.release(other)
    claims.release(other, ["e0"])
    assert claims.take(BEN, ["e0", "e1"], 2).others == {"e0": "ann", "e1": "ann"}
    claims.take(other, ["e1"], 1)
    claims.take(ANN, [], 0, drop=["e0", "e1"])
    found = claims.take(BEN, ["e0", "e1"], 2)
    assert (found.own, found.others) == (("e0",), {"e1": "ann"})


def test_a_workspace_with_the_claims_of_an_older_version_takes_new_ones(log):
    with log._engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE hem_review_claims (id VARCHAR(9), window_id VARCHAR(64))"))
    assert log.claims("d").take(ANN, ["e0"], 1).own == ("e0",)


def test_what_was_judged_until_it_is_claimed_is_given_back(claims):
    """Whoever judges a row gives it back only then: what was known before the claim says nothing."""
    seen = []

    def finished(ids, connection):
        seen.append((list(ids), dict(claims._of(connection, ids))))
        return {"e0"}

    found = claims.take(BEN, ["e0", "e1"], 2, finished=finished)
    assert seen == [(["e0", "e1"], {"e0": "ben", "e1": "ben"})]
    assert (found.own, claims.others("cem")) == (("e1",), {"e1": "ben"})


@pytest.mark.parametrize("opens", ["undo", "clear", "remove"])
def test_a_row_that_loses_its_verdict_is_claimed_for_the_page_of_review_that_shows_it(log, opens):
    log.add("d", ["e0"], "hard", who="ann", window="window")
    take_away(log, opens, "hard", claim=ANN.window)
    found = log.claims("d").take(BEN, ["e0", "e1"], 2)
    assert (found.own, found.others) == (("e1",), {"e0": "ann"})
    log.claims("d").release(ANN)
    assert log.claims("d").take(BEN, ["e0"], 1).own == ("e0",)


@pytest.mark.parametrize("opens", ["undo", "clear", "remove"])
def test_outside_review_a_row_that_loses_its_verdict_is_free(log, opens):
    log.add("d", ["e0"], "hard", who="ann", window="window")
    take_away(log, opens, "hard")
    assert log.claims("d").others("ben") == {}


@pytest.mark.parametrize("opens", ["undo", "remove"])
@pytest.mark.parametrize("is_judged", [False, True])
def test_a_row_that_loses_another_tag_is_not_claimed(log, opens, is_judged):
    if is_judged:
        log.add("d", ["e0"], "hard", who="ben")
    log.add("d", ["e0"], "night", who="ann", window="window")
    take_away(log, opens, "night", claim=ANN.window)
    assert log.claims("d").others("ben") == {}


def test_an_undo_that_brings_a_verdict_back_claims_nothing_and_one_that_uncovers_an_earlier_one_does(log):
    log.add("d", ["e0"], "hard", who="ben")
    batch = log.clear("d", ["e0"], who="ann")
    log.undo("d", who="ann", batch=batch, claim=ANN.window)
    assert log.claims("d").others("cem") == {}
    log.add("d", ["e0"], "skip", who="ann", window="window")  # settles a dispute, which the undo opens again
    take_away(log, "undo", "skip", claim=ANN.window)
    assert log.claims("d").others("cem") == {"e0": "ann"}


def take_away(log, opens, tag, **more):
    if opens == "undo":
        log.undo("d", who="ann", window="window", **more)
    elif opens == "clear":
        log.clear("d", ["e0"], who="ann", window="window", **more)
    else:
        log.remove("d", ["e0"], tag, who="ann", window="window", **more)


def test_an_undo_of_what_another_has_on_screen_takes_nothing_from_them(log):
    log.add("d", ["e0"], "hard", who="ann", window="window")
    log.claims("d").take(BEN, ["e0"], 1)
    log.undo("d", who="ann", window="window", claim=ANN.window)
    assert log.claims("d").others("cem") == {"e0": "ben"}


def test_a_claim_says_whether_anybody_else_is_at_work(claims):
    assert claims.take(ANN, ["e0"], 1).is_alone
    assert not claims.take(BEN, ["e1"], 1).is_alone
    claims.release(ANN)
    assert claims.take(BEN, ["e1"], 1).is_alone


@pytest.mark.slow
def test_servers_whose_clocks_differ_keep_each_other_s_claims(postgres_server, monkeypatch):
    log = TagLog(postgres.new_place(postgres_server, f"t_{uuid.uuid4().hex[:12]}"))
    log.claims("d").take(ANN, ["e0"], 1)
    ahead = time.time() + 10 * LIFETIME
    monkeypatch.setattr(time, "time", lambda: ahead)
    assert log.claims("d").take(BEN, ["e0"], 1).others == {"e0": "ann"}
    assert log.claims("d").others("ben") == {"e0": "ann"}


@pytest.mark.slow
def test_people_who_ask_for_the_same_rows_in_other_orders_all_get_an_answer(log):
    ids, asked = [f"e{k}" for k in range(12)], 40
    start = threading.Barrier(WRITERS)

    def ask(name):
        holder, chance, claims = Holder(name, "w"), random.Random(name), log.claims("d")
        start.wait()
        for _ in range(asked):
            claims.take(holder, chance.sample(ids, len(ids)), 6)
            claims.release(holder)
        return name

    with ThreadPoolExecutor(WRITERS) as people:
        assert len(list(people.map(ask, map(str, range(WRITERS))))) == WRITERS


def test_more_people_than_the_database_has_connections_all_get_an_answer_at_once(log):
    """Each looks at the verdicts before and within their claim, as Review does; a page leaves and undoes meanwhile."""
    log.add("d", ["e0"], "hard", who="zoe")
    start = threading.Barrier(PEOPLE)

    def ask(k):
        holder, claims, ids = Holder(f"p{k}", "w"), log.claims("d"), [f"e{at}" for at in range(2 * PEOPLE)]
        start.wait()
        judged = log.reviews("d", ids)
        open_ones = [id for id in ids if id not in judged]
        own = claims.take(
            holder, open_ones, 1, finished=lambda some, connection: log.reviews("d", some, connection)
        ).own
        log.add("d", own, "hard", who=holder.who, window=holder.window)
        log.undo("d", who=holder.who, claim=holder.window)
        claims.release(holder)
        return own[0]

    with ThreadPoolExecutor(PEOPLE) as people:
        assert "e0" not in list(people.map(ask, range(PEOPLE)))
    assert log.claims("d").others("zoe") == {}


def test_levels_and_data_do_not_mix(log, clock):
    log.claims("d", clock).take(ANN, ["e0"], 1)
    assert log.claims("other", clock).take(BEN, ["e0"], 1).own == ("e0",)
    assert log.level("boxes").claims("d", clock).take(BEN, ["e0"], 1).own == ("e0",)


def test_claims_leave_the_log_as_it_is(log, clock):
    log.add("d", ["e0"], "hard", who="ann")
    log.claims("d", clock).take(BEN, ["e0"], 1)
    assert log.revision("d") == 1
    assert log.state("d")["id"].tolist() == ["e0"]


def test_a_claim_does_not_wait_for_the_disk_and_the_file_alone_has_every_entry(sqlite_log, tmp_path):
    sqlite_log.add("d", ["e0"], "hard", who="ann")
    before = (tmp_path / "tags.sqlite").read_bytes()
    sqlite_log.claims("d").take(BEN, ["e1"], 1)
    assert (tmp_path / "tags.sqlite").read_bytes() == before
    sqlite_log.add("d", ["e1"], "hard", who="ben")
    shutil.copyfile(tmp_path / "tags.sqlite", tmp_path / "copy.sqlite")
    assert sorted(TagLog(tmp_path / "copy.sqlite").state("d")["id"]) == ["e0", "e1"]


def claim_all(place, writer: int, start, results) -> None:
    log, ids = TagLog(place), [f"e{k}" for k in range(ROWS)]
    claims, own = log.claims("d"), set()
    start.wait()
    while True:
        found = claims.take(Holder(f"w{writer}", "w"), [id for id in ids if id not in own], 3)
        if not found.own:
            break
        for id in found.own:
            log.add("d", [id], "hard", who=f"w{writer}", client=f"c{writer}", sequence=len(own))
            own.add(id)
    results.put(sorted(own))


@pytest.mark.slow
def test_eight_servers_share_out_the_rows_and_lose_nothing(place):
    """A process each, on one database: every row to exactly one, and each verdict is there once."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(WRITERS), context.Queue()
    TagLog(place)
    servers = [context.Process(target=claim_all, args=(place, k, start, results)) for k in range(WRITERS)]
    for server in servers:
        server.start()
    shares = [results.get(timeout=120) for _ in servers]
    for server in servers:
        server.join()
    assert sorted(id for own in shares for id in own) == sorted(f"e{k}" for k in range(ROWS))
    log = TagLog(place)
    assert log.revision("d") == ROWS
    assert sorted(log.state("d")["id"]) == sorted(f"e{k}" for k in range(ROWS))


def judge_all(place, reviewer: int, start) -> None:
    """Judge what is open, a third of it twice with an undo between, and leave after each step."""
    log, chance, ids = TagLog(place), random.Random(reviewer), [f"e{k}" for k in range(ROWS)]
    claims, holder = log.claims("d"), Holder(f"r{reviewer}", "w")

    def done(some, connection):
        return log.reviews("d", some, connection)

    def say(id):
        log.add("d", [id], "hard", who=holder.who, window=holder.window)

    start.wait()
    while left := [id for id in ids if id not in log.reviews("d", ids)]:
        for id in claims.take(holder, left, 2, finished=done).own:
            say(id)
            if chance.random() < 1 / 3:
                claims.release(holder, [id])
                log.undo("d", who=holder.who, window=holder.window, claim=holder.window)
                say(id)
        claims.release(holder)


@pytest.mark.slow
def test_nobody_judges_what_another_has_judged_although_all_leave_and_undo(place):
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(WRITERS)
    log = TagLog(place)
    people = [context.Process(target=judge_all, args=(place, k, start)) for k in range(WRITERS)]
    for one in people:
        one.start()
    for one in people:
        one.join(timeout=240)
    assert [one.exitcode for one in people] == [0] * WRITERS
    who = {f"e{k}": set() for k in range(ROWS)}
    for event in log.actions("d"):
        who[event.ids[0]].add(event.who)
    assert {id: names for id, names in who.items() if len(names) != 1} == {}
