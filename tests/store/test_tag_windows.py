"""Undo by window, and what others said of the same examples before and since."""

import sqlite3

import pytest
import sqlalchemy as sa

from hem_core.errors import DataError
from hem_core.store import tag_events
from hem_core.store.tags import TagLog, open_tags


def tags_of(log: TagLog) -> dict[str, str]:
    state = log.state("d")
    return dict(zip(state["id"], state["tag"], strict=True))


def test_undo_takes_back_the_last_action_of_its_own_window(log):
    log.add("d", ["a"], "hard", who="ann", window="left")
    log.add("d", ["b"], "skip", who="ann", window="right")
    undone = log.undo("d", who="ann", window="left")
    assert (undone["ids"], undone["undone_action"]) == (["a"], "add")
    assert tags_of(log) == {"b": "skip"}
    assert log.undo("d", who="ann", window="left") is None
    assert log.undo("d", who="ann")["ids"] == ["b"]  # without a window: wherever it was done


def test_undo_in_a_window_leaves_what_another_person_did_in_it(log):
    log.add("d", ["a"], "hard", who="ann", window="shared")
    log.add("d", ["b"], "hard", who="bob", window="shared")
    assert log.undo("d", who="ann", window="shared")["ids"] == ["a"]
    assert tags_of(log) == {"b": "hard"}


def test_undo_goes_back_step_by_step_over_bulk_and_clear_in_one_window(log):
    log.add("d", ["a", "b", "c"], "hard", who="ann", window="w")
    log.clear("d", ["a"], who="ann", window="w")
    log.add("d", ["c"], "skip", who="ann", window="other")
    assert log.undo("d", who="ann", window="w")["undone_action"] == "clear"
    assert tags_of(log) == {"a": "hard", "b": "hard", "c": "skip"}
    last = log.undo("d", who="ann", window="w")
    assert (last["n"], last["others_since"]) == (3, {"ann": 1})
    assert tags_of(log) == {"c": "skip"}


def test_undo_says_who_has_said_something_else_since_and_leaves_it(log):
    log.add("d", ["a", "b", "c"], "hard", who="ann", window="w")
    log.add("d", ["b"], "outlier", who="bob", window="v")
    log.clear("d", ["c"], who="cyd")
    log.add("d", ["a"], "night", who="bob")  # a free tag replaces no verdict
    undone = log.undo("d", who="ann", window="w")
    assert undone["others_since"] == {"bob": 1, "cyd": 1}
    assert tags_of(log) == {"a": "night", "b": "outlier"}


def test_what_an_action_replaced_of_others_is_known(log):
    log.add("d", ["a", "b"], "hard", who="ann", window="w")
    log.add("d", ["c"], "hard", who="bob", window="v")
    log.add("d", ["c"], "night", who="bob", window="v")
    batch = log.add("d", ["a", "c", "e"], "skip", who="bob", window="v")
    assert log.replaced("d", batch) == {"ann": 1}
    again = log.add("d", ["a"], "right", who="bob", window="u")  # the same person in another window
    assert log.replaced("d", again) == {"bob": 1}
    assert log.replaced("d", log.clear("d", ["b", "c"], who="bob", window="u")) == {"ann": 1, "bob": 2}
    log.undo("d", who="bob", batch=batch)
    assert log.replaced("d", log.add("d", ["e"], "hard", who="ann")) == {}


def test_a_post_that_arrives_twice_is_undone_once(log):
    log.add("d", ["a"], "hard", who="ann", window="w")
    log.add("d", ["b"], "hard", who="ann", window="w")
    first = log.undo("d", who="ann", window="w", client="c", sequence=3)
    again = log.undo("d", who="ann", window="w", client="c", sequence=3)
    assert first == again
    assert tags_of(log) == {"a": "hard"}


def test_the_window_is_a_short_text(log):
    with pytest.raises(DataError, match="'window' must be a text of at most 64 characters"):
        log.add("d", ["a"], "hard", who="ann", window="x" * 65)
    with pytest.raises(DataError, match="'window' must be a text"):
        log.undo("d", who="ann", window=7)
    assert log.revision("d") == 0


def made_before_there_were_windows(path):
    """A log as earlier versions made it: one action of ann on `a`."""
    TagLog(path).add("d", ["a"], "easy", who="ann")
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE hem_tag_events DROP COLUMN window_id")


def test_an_older_log_is_read_written_and_undone(tmp_path):
    path = tmp_path / "old.sqlite"
    made_before_there_were_windows(path)
    log = TagLog(path)
    assert tags_of(log) == {"a": "easy"}
    log.add("d", ["b"], "right", who="ann", window="w")
    assert log.undo("d", who="ann", window="v") is None
    assert log.undo("d", who="ann", window="w")["ids"] == ["b"]
    assert log.undo("d", who="ann")["ids"] == ["a"]


def test_an_older_log_that_cannot_be_changed_is_still_read(tmp_path):
    path = tmp_path / "old.sqlite"
    made_before_there_were_windows(path)
    engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with engine.connect() as connection:
        events = list(tag_events.after(connection, "d", 0))
    assert [(event.tag, list(event.ids), event.window_id) for event in events] == [("easy", ["a"], "")]


def test_two_processes_of_different_age_can_share_a_log(tmp_path):
    path = tmp_path / "tags.sqlite"
    log = open_tags(path)
    log.add("d", ["a"], "hard", who="ann", window="w")
    with sqlite3.connect(path) as connection:  # what an older version writes names no window
        connection.execute(
            "INSERT INTO hem_tag_events (batch, data, number, at_ms, who, action, tag, value, rule, undoes, ids) "
            "VALUES ('x', 'd', 2, 1, 'ann', 'add', 'skip', '', '', '', X'5B2262225D')"
        )
    assert log.undo("d", who="ann", window="w")["ids"] == ["a"]
    assert tags_of(log) == {"b": "skip"}


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
def test_the_new_column_is_nullable_text_in_every_dialect(dialect):
    made = sa.schema.CreateColumn(tag_events._events.c.window_id).compile(dialect=sa.dialects.registry.load(dialect)())
    assert str(made) == "window_id VARCHAR(64)"
