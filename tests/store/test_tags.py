import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from hem_core.errors import BusyError, DataError, RunError
from hem_core.store import tag_events
from hem_core.store.tags import VERDICTS, TagLog, open_tags


def held(log: TagLog, data: str = "d") -> dict[str, list[str]]:
    state = log.state(data)
    return {id: sorted(rows["tag"]) for id, rows in state.groupby("id")}


def test_verdicts_replace_each_other_and_free_tags_add_up(log):
    log.add("d", ["a", "b"], "hard", who="ann")
    log.add("d", ["a"], "night", who="ann")
    log.add("d", ["b"], "mislabelled", who="bob", value="Shirt")
    log.add("d", ["a"], "blurred", who="bob")
    assert held(log) == {"a": ["blurred", "hard", "night"], "b": ["mislabelled"]}
    row = log.state("d").set_index("id").loc["b"]
    assert (row["value"], row["who"]) == ("Shirt", "bob")
    assert abs(row["at"] - pd.Timestamp.now(tz="UTC")) < pd.Timedelta(minutes=1)
    assert list(log.state("d").columns) == ["id", "tag", "value", "who", "at", "n"]


def test_a_word_on_one_example_is_told_from_one_on_many(tmp_path):
    log = TagLog(tmp_path / "tags.sqlite")
    log.add("d", ["a", "b", "c"], "hard", who="anna")
    log.add("d", ["b"], "easy", who="anna")
    assert log.state("d").set_index("id")["n"].to_dict() == {"a": 3, "b": 1, "c": 3}


def test_imported_answers_were_given_to_one_example_each(tmp_path):
    log = TagLog(tmp_path / "tags.sqlite")
    log.add("d", ["a", "b"], "hard", who="anna", rule={"imported": "answers.csv", "sha256": "0"})
    log.add("d", ["c", "d"], "hard", who="anna", rule={"all": [{"column": "imported", "in": ["yes"]}]})
    assert log.state("d").set_index("id")["n"].to_dict() == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_verdict_gives_way_to_another(verdict, log):
    log.add("d", ["a"], verdict, who="ann")
    log.add("d", ["a"], "hard", who="ann")
    assert held(log) == {"a": ["hard"]}


def test_remove_takes_one_tag_and_clear_takes_all(log):
    log.add("d", ["a", "b"], "hard", who="ann")
    log.add("d", ["a", "b"], "night", who="ann")
    log.remove("d", ["a"], "night", who="ann")
    log.remove("d", ["a"], "skip", who="ann")  # it has another verdict, which stays
    log.remove("d", ["c"], "night", who="ann")  # it has none
    assert held(log) == {"a": ["hard"], "b": ["hard", "night"]}
    log.clear("d", ["b", "c"], who="ann")
    assert held(log) == {"a": ["hard"]}


def test_data_sets_do_not_mix(log):
    log.add("one", ["a"], "hard", who="ann")
    log.add("two", ["a"], "easy", who="ann")
    assert (held(log, "one"), held(log, "two"), held(log, "three")) == ({"a": ["hard"]}, {"a": ["easy"]}, {})
    assert (log.revision("one"), log.revision("two"), log.revision("three")) == (1, 1, 0)
    assert log.undo("three", who="ann") is None


def test_undo_of_a_single_action_brings_back_what_was_before(log):
    log.add("d", ["a"], "hard", who="ann")
    log.add("d", ["a"], "skip", who="ann")
    undone = log.undo("d", who="ann")
    assert undone is not None
    assert (undone["action"], undone["tag"], undone["n"], undone["ids"]) == ("undo", "skip", 1, ["a"])
    assert held(log) == {"a": ["hard"]}
    log.undo("d", who="ann")
    assert held(log) == {}
    assert log.undo("d", who="ann") is None
    assert log.revision("d") == 4


def test_undo_of_a_bulk_action_keeps_what_was_said_since(log):
    ids = [f"id-{k}" for k in range(1000)]
    log.add("d", ids[:3], "easy", who="ann")
    bulk = log.add("d", ids, "hard", who="ann", rule={"all": []})
    log.add("d", ids[1:2], "outlier", who="bob")
    log.add("d", ids[2:3], "night", who="bob")
    undone = log.undo("d", who="ann")
    assert undone is not None
    assert (undone["undoes"], undone["n"], undone["rule"]) == (bulk, 1000, '{"all": []}')
    assert held(log) == {"id-0": ["easy"], "id-1": ["outlier"], "id-2": ["easy", "night"]}


def test_actions_are_what_counts_oldest_first_with_its_ids(log):
    log.add("d", ["b", "a"], "hard", who="ann")
    log.add("d", ["c"], "easy", who="bob", rule={"imported": "x.json"})
    log.undo("d", who="ann")
    assert [(each.tag, each.ids, each.rule) for each in log.actions("d")] == [
        ("easy", ("c",), '{"imported": "x.json"}')
    ]
    log.undo("d", who="ann", batch=log.history("d")["batch"][0])
    assert [each.ids for each in log.actions("d")] == [("b", "a"), ("c",)]


def test_actions_on_some_ids_name_these_alone_and_how_many_there_were(log):
    log.add("d", ["a"], "hard", who="ann")
    log.add("d", ["a", "b", "c"], "easy", who="bob")
    log.add("d", ["b"], "outlier", who="bob")
    log.undo("d", who="bob")
    found = [(each.tag, each.ids, each.n) for each in log.actions("d", ["b", "a", "none"])]
    assert found == [("hard", ("a",), 1), ("easy", ("a", "b"), 3)]
    assert log.actions("d", ["none"]) == log.actions("d", []) == []


def test_those_whom_several_people_tagged_are_known_whatever_was_undone(log):
    for who, ids in (("ann", ["a", "b"]), ("ann", ["a"]), ("bob", ["b", "c"]), ("cem", ["d"])):
        log.add("d", ids, "hard", who=who)
    log.clear("d", ["d"], who="ann")
    log.undo("d", who="bob")
    assert (log.several("d"), log.several("d", ["a", "b", "none"])) == (["b"], ["b"])
    assert log.several("other") == []


def test_undo_is_by_person_and_by_batch(log):
    first = log.add("d", ["a"], "night", who="ann")
    log.add("d", ["a"], "blurred", who="bob")
    log.add("d", ["a"], "dark", who="ann")
    log.undo("d", who="ann")
    assert held(log) == {"a": ["blurred", "night"]}
    assert log.undo("d", who="bob", batch=first)["undoes"] == first
    assert held(log) == {"a": ["blurred"]}
    assert log.undo("d", who="bob", batch=first) is None  # it is undone already
    assert log.undo("d", who="ann") is None  # both of hers are
    with pytest.raises(DataError, match="no batch 'nothing' in the tag log of 'd'"):
        log.undo("d", who="bob", batch="nothing")


def test_an_undo_can_be_undone_again_and_again(log):
    action = log.add("d", ["a"], "hard", who="ann")
    log.clear("d", ["a"], who="bob")
    undone = log.undo("d", who="ann", batch=action)
    log.undo("d", who="bob")
    assert held(log) == {}
    last = log.undo("d", who="ann", batch=undone["batch"])
    assert (last["action"], last["tag"]) == ("redo", "hard")
    assert held(log) == {"a": ["hard"]}
    for wanted in ({}, {"a": ["hard"]}) * 5:
        last = log.undo("d", who="ann", batch=last["batch"])
        assert held(log) == wanted
    log.undo("d", who="ann")  # what she did, not what she undid
    assert held(log) == {}


def test_two_undos_of_one_action_both_have_to_go(log):
    action = log.add("d", ["a"], "hard", who="ann")
    first = log.undo("d", who="ann")["batch"]
    redo = log.undo("d", who="ann", batch=first)["batch"]
    second = log.undo("d", who="bob", batch=action)["batch"]
    log.undo("d", who="bob", batch=redo)  # now the first undo counts again, too
    log.undo("d", who="bob", batch=second)
    assert held(log) == {}
    log.undo("d", who="bob", batch=first)
    assert held(log) == {"a": ["hard"]}


def test_undo_works_tomorrow_in_another_process(sqlite_log, tmp_path):
    sqlite_log.add("d", ["a", "b"], "hard", who="ann")
    later = TagLog(tmp_path / "tags.sqlite")
    assert later.undo("d", who="ann")["n"] == 2
    assert held(sqlite_log) == held(later) == {}


def test_a_post_that_arrives_twice_is_stored_once(log):
    first = log.add("d", ["a"], "hard", who="ann", client="tab-1", sequence=7)
    assert log.add("d", ["a"], "hard", who="ann", client="tab-1", sequence=7) == first
    assert log.add("d", ["a"], "hard", who="ann", client="tab-2", sequence=7) != first
    assert log.add("d", ["a"], "hard", who="ann", client="tab-1", sequence=8) != first
    assert log.add("d", ["a"], "hard", who="ann") != log.add("d", ["a"], "hard", who="ann")
    undone = log.undo("d", who="ann", client="tab-1", sequence=9)
    assert log.undo("d", who="ann", client="tab-1", sequence=9)["batch"] == undone["batch"]
    assert log.revision("d") == 6


def test_the_history_tells_who_did_what_newest_first(log):
    rule = {"all": [{"column": "loss", "min": 2}]}
    log.add("d", ["a", "b"], "hard", who="ann", rule=rule)
    log.add("d", ["b"], "mislabelled", who="bob", value="Coat")
    log.undo("d", who="ann")
    history = log.history("d")
    assert history[["who", "action", "tag", "value", "n", "is_undone"]].to_numpy().tolist() == [
        ["ann", "undo", "hard", "", 2, False],
        ["bob", "add", "mislabelled", "Coat", 1, False],
        ["ann", "add", "hard", "", 2, True],
    ]
    assert history["undoes"].tolist() == [history["batch"][2], "", ""]
    assert history["rule"][2] == '{"all": [{"column": "loss", "min": 2}]}'
    assert history["at"].dt.tz is not None
    assert log.history("d", id="b")["action"].tolist() == ["undo", "add", "add"]
    assert log.history("d", id="a")["action"].tolist() == ["undo", "add"]
    assert log.history("d", limit=1)["action"].tolist() == ["undo"]
    for nothing in (log.history("d", id="c"), log.history("other")):
        assert len(nothing) == 0
        assert list(nothing.columns) == list(history.columns)


def test_nothing_is_ever_deleted_or_changed(sqlite_log, tmp_path):
    sqlite_log.add("d", ["a"], "hard", who="ann")
    with sqlite3.connect(tmp_path / "tags.sqlite") as connection:
        before = connection.execute("SELECT * FROM hem_tag_events").fetchall()
    sqlite_log.undo("d", who="ann")
    sqlite_log.clear("d", ["a"], who="ann")
    with sqlite3.connect(tmp_path / "tags.sqlite") as connection:
        after = connection.execute("SELECT * FROM hem_tag_events ORDER BY number").fetchall()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert after[:1] == before
    assert len(after) == 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_any_sequence_gives_the_state_of_the_plain_loop(seed, sqlite_log, tmp_path):
    """The fold, bit by bit and from scratch, against replaying every action that is not undone."""
    rng = np.random.default_rng(seed)
    ids, tags = [f"i{k}" for k in range(8)], [*VERDICTS[:3], "night", "blurred"]
    batches: list[str] = []
    for _ in range(80):
        chosen = rng.choice(ids, rng.integers(1, 8), replace=False).tolist()
        match rng.integers(0, 6):
            case 0 | 1 | 2:
                batches.append(sqlite_log.add("d", chosen, rng.choice(tags), who="ann"))
            case 3:
                batches.append(sqlite_log.remove("d", chosen, rng.choice(tags), who="bob"))
            case 4 if rng.random() < 0.3:
                batches.append(sqlite_log.clear("d", chosen, who="bob"))
            case _ if batches:
                undone = sqlite_log.undo("d", who="ann", batch=rng.choice(batches) if rng.random() < 0.7 else None)
                batches += [undone["batch"]] if undone else []
        if rng.random() < 0.3:
            assert held(sqlite_log) == plain_loop(tmp_path)
    assert held(sqlite_log) == plain_loop(tmp_path)
    pd.testing.assert_frame_equal(TagLog(tmp_path / "tags.sqlite").state("d"), sqlite_log.state("d"))


def plain_loop(tmp_path) -> dict[str, list[str]]:
    from hem_core.store.tag_events import unpack

    with sqlite3.connect(tmp_path / "tags.sqlite") as connection:
        query = "SELECT batch, action, tag, undoes, ids FROM hem_tag_events ORDER BY number"
        rows = connection.execute(query).fetchall()

    def counts(batch: str) -> bool:
        return not any(undoes == batch and counts(other) for other, _, _, undoes, _ in rows)

    tags: dict[str, set[str]] = {}
    for batch, action, tag, undoes, ids in rows:
        for id in unpack(ids) if not undoes and counts(batch) else []:
            has = tags.setdefault(id, set())
            if action == "add":
                tags[id] = (has - set(VERDICTS) if tag in VERDICTS else has) | {tag}
            elif action == "remove":
                has.discard(tag)
            else:
                has.clear()
    return {id: sorted(has) for id, has in tags.items() if has}


def test_sixty_thousand_at_once(sqlite_log, tmp_path):
    ids = [f"image/{k:06d}.png" for k in range(60_000)]
    seconds = {}

    def timed(name, call):
        start = time.perf_counter()
        result = call()
        seconds[name] = time.perf_counter() - start
        return result

    timed("write", lambda: sqlite_log.add("d", ids, "hard", who="ann"))
    assert len(timed("state", lambda: sqlite_log.state("d"))) == 60_000
    timed("again", lambda: sqlite_log.state("d"))
    timed("undo", lambda: sqlite_log.undo("d", who="ann"))
    assert len(timed("state after undo", lambda: sqlite_log.state("d"))) == 0
    assert (tmp_path / "tags.sqlite").stat().st_size < 1_000_000
    assert max(seconds.values()) < 1, seconds
    assert seconds["state"] < 0.5, seconds


def test_the_state_given_out_is_ones_own(log):
    log.add("d", ["a"], "hard", who="ann")
    state = log.state("d")
    state.loc[0, "tag"] = "easy"
    assert held(log) == {"a": ["hard"]}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda log: log.add("d", [], "hard", who="ann"), "no examples to tag: the list of ids is empty"),
        (lambda log: log.add("d", "abc", "hard", who="ann"), "ids must be a list; got the text 'abc'"),
        (lambda log: log.add("d", [1], "hard", who="ann"), "ids must be texts; 1 is not"),
        (lambda log: log.add("d", ["a"], " ", who="ann"), "'tag' must be a text of 1 to 255 characters; got ' '"),
        (lambda log: log.add("d", ["a"], "x" * 256, who="ann"), "'tag' must be a text of 1 to 255"),
        (lambda log: log.remove("d", ["a"], "", who="ann"), "'tag' must be a text"),
        (lambda log: log.clear("d", ["a"], who=""), "'who' must be a text"),
        (lambda log: log.clear("", ["a"], who="ann"), "'data' must be a text"),
        (lambda log: log.undo("d", who=""), "'who' must be a text"),
    ],
)
def test_a_bad_call_is_refused_and_stores_nothing(call, message, log):
    with pytest.raises(DataError, match=message):
        call(log)
    assert log.revision("d") == 0


def test_a_log_that_went_away_is_noticed(sqlite_log, tmp_path):
    sqlite_log.add("d", ["a"], "hard", who="ann")
    (tmp_path / "tags.sqlite").rename(tmp_path / "moved.sqlite")
    with pytest.raises(RunError, match="was moved, deleted or replaced while it was open; nothing was stored"):
        sqlite_log.add("d", ["b"], "hard", who="ann")
    with pytest.raises(RunError, match=r"is missing, but its tags.sqlite-wal is here"):
        open_tags(tmp_path / "tags.sqlite")
    (tmp_path / "moved.sqlite").rename(tmp_path / "tags.sqlite")
    sqlite_log.add("d", ["b"], "hard", who="ann")
    assert sqlite_log.revision("d") == 2


def test_what_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(RunError, match=r"cannot be opened: unable to open database file; check the path or the URL"):
        open_tags(tmp_path / "no folder" / "tags.sqlite")
    (tmp_path / "text.sqlite").write_text("not a database, " * 100)
    with pytest.raises(RunError, match="cannot be opened"):
        open_tags(tmp_path / "text.sqlite")
    with pytest.raises(RunError, match=r"the tag log nodialect://me:\*\*\*@host/x cannot be opened"):
        open_tags("nodialect://me:secret@host/x")
    TagLog(tmp_path / "new.sqlite")
    with sqlite3.connect(tmp_path / "new.sqlite") as connection:
        connection.execute("UPDATE hem_about SET value = '2'")
    with pytest.raises(RunError, match="format version 2; this HEM reads 1: install the newer HEM"):
        TagLog(tmp_path / "new.sqlite")


def test_a_database_that_refuses_says_that_nothing_was_stored(sqlite_log, tmp_path):
    with sqlite3.connect(tmp_path / "tags.sqlite") as connection:
        connection.execute("DROP TABLE hem_tag_events")
    with pytest.raises(
        RunError, match=r"could not store the action \(no such table: .*\); nothing was stored, try again"
    ):
        sqlite_log.add("d", ["a"], "hard", who="ann")


def test_a_url_is_taken_as_well_as_a_path(tmp_path):
    log = open_tags(sa.URL.create("sqlite", database=str(tmp_path / "t.sqlite")).render_as_string())
    log.add("d", ["a"], "hard", who="ann")
    assert held(TagLog(tmp_path / "t.sqlite")) == {"a": ["hard"]}


@pytest.mark.slow
def test_threads_write_and_read_at_once(log):
    def work(k: int) -> None:
        for j in range(10):
            log.add("d", [f"{k}-{j}"], "hard", who=f"p{k}")
            log.state("d")
        log.undo("d", who=f"p{k}")

    threads = [threading.Thread(target=work, args=(k,)) for k in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.state("d")) == 20 * 9
    assert log.revision("d") == 20 * 11


@pytest.mark.slow
def test_those_who_wait_for_a_locked_log_are_answered_together_and_not_one_after_another(tmp_path, monkeypatch):
    monkeypatch.setattr(tag_events, "BUSY_SECONDS", 1)
    log = TagLog(tmp_path / "tags.sqlite")
    other = sqlite3.connect(tmp_path / "tags.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def attempt(who):
        began = time.monotonic()
        with pytest.raises(BusyError, match="nothing was stored"):
            log.add("data", ["a"], "hard", who=who)
        return time.monotonic() - began

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(attempt, "abcdefgh"))
    assert max(waits) < 4  # of eight turns of a second each
    other.execute("ROLLBACK")
    assert log.add("data", ["a"], "hard", who="anna")
