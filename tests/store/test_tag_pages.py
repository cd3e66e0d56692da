import json
import sqlite3
import time

import pytest
import sqlalchemy as sa

from hem_core.errors import DataError
from hem_core.store import tag_events
from hem_core.store.tag_pages import Pages, Wanted
from hem_core.store.tag_reversal import Reversal
from hem_core.store.tags import TagLog


@pytest.fixture
def filled(log):
    """Six actions of two people on two levels: two verdicts, one tag, one clearing, one undo, one on a box."""
    first = log.add("d", ["a"], "mislabelled", who="ann", value="Shirt", window="w1")
    log.add("d", ["a", "b", "c"], "hard", who="bob", rule={"all": [{"column": "loss", "min": 1, "max": None}]})
    log.add("d", ["b"], "Night 50%", who="bob")
    log.clear("d", ["c"], who="ann")
    log.undo("d", who="bob", batch=first)
    log.level("boxes").add("d", ["a#g1"], "moved", who="ann", value="WBC [1, 2, 3, 4]")
    log.add("other", ["a"], "easy", who="eve")
    return log


def words(actions):
    return [f"{one.who} {one.action} {one.tag}".strip() for one in actions]


def test_the_actions_of_all_levels_newest_first(filled):
    found = filled.pages("d").read(Wanted())
    assert words(found) == [
        "ann add moved", "bob undo", "ann clear", "bob add Night 50%", "bob add hard", "ann add mislabelled"
    ]  # fmt: skip
    assert [one.level for one in found] == ["boxes", *["examples"] * 5]
    assert [list(one.ids) for one in found] == [["a#g1"], ["a"], ["c"], ["b"], ["a", "b", "c"], ["a"]]
    assert found[-1].undone_by == "bob"
    assert found[-1].window_id == "w1"
    assert {one.undone_by for one in found[:-1]} == {""}
    undone = found[1].done
    assert undone is not None
    assert (undone.tag, undone.value, undone.who) == ("mislabelled", "Shirt", "ann")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"who": "ann"}, ["ann add moved", "ann clear", "ann add mislabelled"]),
        ({"kind": "verdict"}, ["ann add moved", "ann clear", "bob add hard", "ann add mislabelled"]),
        ({"kind": "tag"}, ["ann clear", "bob add Night 50%"]),
        ({"kind": "bulk"}, ["bob add hard"]),
        ({"kind": "undo"}, ["bob undo"]),
        ({"text": "night"}, ["bob add Night 50%"]),
        ({"text": "0%"}, ["bob add Night 50%"]),
        ({"text": "_"}, []),
        ({"text": "label wrong"}, ["bob undo", "ann add mislabelled"]),
        ({"text": "wbc"}, ["ann add moved"]),
        ({"level": "boxes"}, ["ann add moved"]),
        ({"level": "examples", "who": "ann"}, ["ann clear", "ann add mislabelled"]),
        ({"to_ms": 0}, []),
        ({"from_ms": 0, "kind": "undo"}, ["bob undo"]),
    ],
)
def test_filters(filled, wanted, expected):
    pages = filled.pages("d")
    assert words(pages.read(Wanted(**wanted))) == expected
    assert pages.count(Wanted(**wanted)) == len(expected)


def test_pages_follow_each_other_and_people_are_listed(filled):
    pages = filled.pages("d")
    by_two = [words(pages.read(Wanted(), offset=offset, limit=2)) for offset in (0, 2, 4, 6)]
    assert [one for page in by_two for one in page] == words(pages.read(Wanted()))
    assert [len(one) for one in by_two] == [2, 2, 2, 0]
    assert pages.people() == ["ann", "bob"]


def test_an_unknown_kind_is_named(log):
    with pytest.raises(DataError, match="no kind 'mine' of actions; there are: all, verdict, tag, bulk, undo"):
        log.pages("d").read(Wanted(kind="mine"))


def test_many_rows_are_found_as_bulk_however_they_are_stored(log):
    log.add("d", ["one"], "hard", who="ann")
    log.add("d", ['quoted","id'], "hard", who="ann")
    log.add("d", ["a", "b"], "hard", who="ann")
    log.add("d", [f"x{k}" for k in range(60)], "hard", who="ann")  # compressed, and short
    log.add("d", [f"number {k * 7919}" for k in range(2000)], "hard", who="ann")
    found = log.pages("d").read(Wanted(kind="bulk"))
    assert [len(one.ids) for one in found] == [2000, 60, 2]


def test_an_undo_that_was_undone_leaves_the_action_standing(log):
    first = log.add("d", ["a"], "hard", who="ann")
    undo = log.undo("d", who="bob", batch=first)["batch"]
    redo = log.undo("d", who="cid", batch=undo)["batch"]
    pages = log.pages("d")
    assert [(one.action, one.undone_by) for one in pages.read(Wanted())] == [("redo", ""), ("undo", "cid"), ("add", "")]
    log.undo("d", who="dan", batch=redo)
    found = pages.read(Wanted())
    assert [(one.action, one.undone_by) for one in found] == [
        ("undo", ""), ("redo", "dan"), ("undo", ""), ("add", "bob")
    ]  # fmt: skip
    assert [one.done.tag for one in found[:3]] == ["hard"] * 3
    assert pages.one(first).undone_by == "bob"


def test_one_action_by_its_batch(filled):
    batch = filled.pages("d").read(Wanted(kind="undo"))[0].batch
    assert filled.pages("d").one(batch).done.tag == "mislabelled"
    with pytest.raises(DataError, match=f"no batch '{batch}' in the tag log of 'other'"):
        filled.pages("other").one(batch)


def test_a_log_of_an_older_version_that_cannot_be_changed_is_listed(tmp_path):
    path = tmp_path / "old.sqlite"
    TagLog(path).add("d", ["a"], "hard", who="ann")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX hem_tag_events_undoes")
        for name in ("window_id", "level"):
            connection.execute(f"ALTER TABLE hem_tag_events DROP COLUMN {name}")
    pages = Pages(sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true"), "d")
    assert words(pages.read(Wanted(level="examples"))) == ["ann add hard"]
    assert pages.count(Wanted(level="boxes")) == 0
    log = TagLog(path)  # one that can be changed gets what it lacks
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'hem_tag_events_undoes'").fetchall()
    assert log.pages("d").count(Wanted(level="examples")) == 1


def test_a_page_of_a_long_log_reads_that_page_alone(tmp_path):
    path, n = tmp_path / "long.sqlite", 100_000
    TagLog(path)
    rows = [(f"b{k}", k + 1, k, f"who{k % 5}", json.dumps([f"id{k}"]).encode()) for k in range(n)]
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO hem_tag_events (batch, data, number, at_ms, who, action, tag, value, rule, undoes, ids) "
            "VALUES (?, 'd', ?, ?, ?, 'add', 'hard', '', '', '', ?)", rows
        )  # fmt: skip
    pages = TagLog(path).pages("d")
    start = time.perf_counter()
    assert pages.read(Wanted(), offset=n - 25)[-1].batch == "b0"
    assert pages.count(Wanted(text="nothing like it")) == 0
    assert pages.people() == [f"who{k}" for k in range(5)]
    assert time.perf_counter() - start < 5  # 0.2 s on an idle core; folding the log takes longer


def test_a_page_is_selected_in_the_words_of_postgresql(filled):
    table = tag_events._events
    from hem_core.store.tag_pages import _holds_several

    class Connection:
        dialect = sa.dialects.registry.load("postgresql")()

    written = str(_holds_several(Connection, table.c.ids).compile(dialect=Connection.dialect))
    assert "position(%(param_1)s IN hem_tag_events.ids) > " in written


# --- what an undo would change


def test_a_reversal_counts_what_still_carries_the_tag_and_leaves_later_verdicts_alone(log):
    log.add("d", ["a"], "ambiguous", who="ann")
    batch = log.add("d", ["a", "b", "c", "d"], "hard", who="ann")
    log.add("d", ["c"], "easy", who="bob")
    log.clear("d", ["d"], who="ann")
    found = log.reversal("d", batch)
    assert found == Reversal(n=4, n_changed=2, n_regained=1)
    assert found.n_left == 2
    before = log.state("d")
    log.reversal("d", batch)
    assert log.state("d").equals(before)
    log.undo("d", who="cid", batch=batch)
    assert log.state("d").set_index("id")["tag"].to_dict() == {"a": "ambiguous", "c": "easy"}
    assert log.reversal("d", batch) == Reversal(4, 0, 0, is_undone=True)


def test_a_clearing_that_is_reversed_gives_tags_back_where_nobody_decided_since(log):
    log.add("d", ["a", "b"], "hard", who="ann")
    batch = log.clear("d", ["a", "b", "c"], who="ann")
    log.add("d", ["b"], "easy", who="bob")
    assert log.reversal("d", batch) == Reversal(n=3, n_changed=1, n_regained=1)


def test_reversing_a_reversal_gives_the_tag_again(log):
    batch = log.add("d", ["a", "b"], "hard", who="ann")
    undo = log.undo("d", who="bob", batch=batch)["batch"]
    log.add("d", ["b"], "easy", who="bob")
    assert log.reversal("d", undo) == Reversal(n=2, n_changed=1, n_regained=1)
    log.undo("d", who="ann", batch=undo)
    assert log.state("d").set_index("id")["tag"].to_dict() == {"a": "hard", "b": "easy"}


def test_a_reversal_is_of_its_own_level(log):
    boxes = log.level("boxes")
    batch = boxes.add("d", ["a#g1"], "moved", who="ann", value="WBC [1, 2, 30, 40]")
    assert boxes.reversal("d", batch).n_changed == 1
    with pytest.raises(DataError, match="no batch"):
        log.reversal("d", batch)


def test_two_people_who_reverse_the_same_action_do_it_once(tmp_path):
    ann, bob = TagLog(tmp_path / "tags.sqlite"), TagLog(tmp_path / "tags.sqlite")
    batch = ann.add("d", ["a"], "hard", who="ann")
    assert bob.reversal("d", batch).n_changed == 1
    assert ann.undo("d", who="ann", batch=batch)
    assert bob.undo("d", who="bob", batch=batch) is None
    assert ann.pages("d").count(Wanted(kind="undo")) == 1


def test_a_trial_leaves_what_is_read_next_as_it_is(log):
    batch = log.add("d", ["a"], "hard", who="ann")
    log.reversal("d", batch)
    log.add("d", ["b"], "easy", who="ann")
    assert log.history("d")["is_undone"].tolist() == [False, False]
    assert log.reversal("d", batch).n_changed == 1
