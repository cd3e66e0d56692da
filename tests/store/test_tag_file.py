"""A log that is empty, cut or copied without its -wal is refused; one that cannot be written to is read."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa

from hem_core.errors import BusyError
from hem_core.store import tag_events
from hem_core.store.tags import TagLog


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A log with 200 entries, all of them in the file itself, closed; not to be written to."""
    path = tmp_path_factory.mktemp("complete") / "tags.sqlite"
    log = TagLog(path)
    for k in range(200):
        log.add("d", [f"id-{k}-{j}" for j in range(30)], "hard", who="ann")
    log._engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture
def kept(complete, tmp_path):
    """A copy of it, to spoil."""
    return shutil.copy(complete, tmp_path / "tags.sqlite")


def refused(path, words):
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(BusyError, match=words):
        TagLog(path)
    assert (path.read_bytes() if path.exists() else None) == before  # never made anew, never repaired


def test_an_empty_log_is_not_taken_for_a_new_one(kept):
    kept.write_bytes(b"")
    refused(kept, r"is empty: its entries are lost or elsewhere; restore a complete copy .* or move it away")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_log_is_refused_wherever_it_was_cut(kept, share):
    content = kept.read_bytes()
    kept.write_bytes(content[: int(len(content) * share)])
    refused(kept, r"(is damaged|cannot be opened|holds no entries).*restore a complete copy")


def test_a_log_with_a_broken_page_is_refused(kept):
    content = bytearray(kept.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = b"\xff" * 4096
    kept.write_bytes(content)
    refused(kept, "is damaged|cannot be opened")


def test_a_copy_without_the_wal_of_a_log_that_had_its_entries_there_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "tags.sqlite") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE hem_tag_events (batch TEXT)")
        shutil.copy(tmp_path / "tags.sqlite", tmp_path / "copy.sqlite")
    connection.close()
    refused(tmp_path / "copy.sqlite", r"holds no entries, as a copy without its -wal file does")


def test_a_missing_log_whose_wal_is_there_is_not_begun_anew(kept):
    wal = kept.with_name("tags.sqlite-wal")
    kept.unlink()
    wal.write_bytes(b"x" * 5000)
    refused(kept, "is missing, but its tags.sqlite-wal is here")


def test_an_entry_that_was_lost_is_noticed(kept):
    with sqlite3.connect(kept) as connection:
        connection.execute("DELETE FROM hem_tag_events WHERE number = 7")
    connection.close()
    with pytest.raises(BusyError, match="entry 7 of 'd' is missing"):
        TagLog(kept).state("d")


def test_a_killed_log_is_read_with_what_its_wal_holds(tmp_path):
    code = (
        "import os, sys; from hem_core.store.tags import TagLog; log = TagLog(sys.argv[1]);"
        "[log.add('d', [str(k)], 'hard', who='ann') for k in range(5)]; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "tags.sqlite")], check=False)
    assert len(TagLog(tmp_path / "tags.sqlite").state("d")) == 5


def test_a_copy_of_a_log_in_use_lacks_nothing_that_was_stored(tmp_path):
    log = TagLog(tmp_path / "tags.sqlite")
    for k in range(5):
        log.add("d", [str(k)], "hard", who="ann")
    shutil.copy(tmp_path / "tags.sqlite", tmp_path / "copy.sqlite")  # as people do: the one file, without its -wal
    assert len(TagLog(tmp_path / "copy.sqlite").state("d")) == 5


def test_a_log_that_cannot_be_written_to_is_read_and_followed_and_takes_nothing(tmp_path, read_only):
    home = tmp_path / "home"
    home.mkdir()
    log = TagLog(home / "tags.sqlite")
    log.add("d", ["a"], "hard", who="ann")
    shown = TagLog(read_only(home) / "tags.sqlite")
    assert shown.state("d")["id"].tolist() == ["a"]
    log.add("d", ["b"], "easy", who="ann")
    assert shown.state("d")["id"].tolist() == ["a", "b"]
    with pytest.raises(BusyError, match="cannot be written to now; nothing was stored"):
        shown.add("d", ["c"], "hard", who="bob")
    with pytest.raises(BusyError, match="cannot be written to"):
        shown.undo("d", who="ann")


@pytest.mark.parametrize("has_log", [True, False])
def test_on_a_full_disk_the_tags_are_read_and_stored_when_there_is_room_again(tmp_path, has_log):
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("needs the right to mount, and this machine does not give it")
    try:
        if has_log:
            first = TagLog(place / "tags.sqlite")
            first.add("d", ["a"], "hard", who="ann")
            first._engine.dispose()
        with contextlib.suppress(OSError), (place / "fill").open("wb", buffering=0) as fill:
            while True:
                fill.write(b"x" * 1024)
        log = TagLog(place / "tags.sqlite")
        assert len(log.state("d")) == has_log
        with pytest.raises(BusyError, match="nothing was stored, try again"):
            log.add("d", ["b"], "hard", who="ann")
        (place / "fill").unlink()
        log.add("d", ["b"], "hard", who="ann")
        assert len(log.state("d")) == has_log + 1
        log._engine.dispose()
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_read_only_folder_without_a_log_has_no_tags(tmp_path, read_only):
    home = tmp_path / "home"
    home.mkdir()
    log = TagLog(read_only(home) / "tags.sqlite")
    assert (log.revision("d"), len(log.state("d"))) == (0, 0)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("way", ["read", "append", "written"])
def test_no_free_connection_within_the_time_is_what_may_pass_by_itself(tmp_path, way):
    url = f"sqlite:///{tmp_path / 'tags.sqlite'}"
    engine = sa.create_engine(url, poolclass=sa.QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)

    def use():
        if way == "read":
            with tag_events.reading(engine):
                pass
        elif way == "append":
            tag_events.append(engine, "d", lambda _: None)
        else:
            tag_events.written(engine, lambda _: None)

    with engine.connect(), pytest.raises(BusyError, match="try again"):
        use()
    use()
