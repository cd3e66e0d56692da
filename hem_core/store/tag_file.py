"""The SQLite file of a tag log: created atomically, refused when truncated, readable where it cannot be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

from hem_core.buckets.places import WORK, address_of
from hem_core.errors import BusyError, RunError
from hem_core.store.atomic import sync_folder, temporary_name
from hem_core.store.tags_url import TAGS_URL

_WAY_OUT = "restore a complete copy (tags.sqlite together with its -wal file), or move it away to start a new log"


def make(path: Path, tables: list[str]) -> None:
    """Make a log at `path` by some SQL, if there is none; other processes never see an incomplete file.

    Raises BusyError when a log is missing whose -wal file is there, and OSError where nothing can be written.
    """
    wal = Path(f"{path}-wal")
    if wal.exists() and wal.stat().st_size:
        raise BusyError(f"{path} is missing, but its {wal.name} is here and holds entries of it; {_WAY_OUT}")
    with temporary_name(path) as temporary:
        with contextlib.closing(sqlite3.connect(temporary)) as connection, connection:
            for statement in tables:
                connection.execute(statement)
        with contextlib.suppress(FileExistsError):  # somebody else made it meanwhile
            _take_name(temporary, path)
    sync_folder(path.parent)


def check(path: Path, table: str) -> None:
    """Raise BusyError, with what to do, unless the file is a complete database that holds `table`."""
    size = path.stat().st_size
    if size == 0:
        raise BusyError(f"the tag log {path} is empty: its entries are lost or elsewhere; {_WAY_OUT}")
    try:
        with contextlib.closing(_reader(path)) as connection:
            match = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone()
            trouble = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if not any(word in str(error) for word in ("malformed", "not a database", "encrypted")):
            raise  # locked, or no room beside it: the file itself is not to blame
        raise BusyError(f"the tag log {path} cannot be opened: {error}; {_WAY_OUT}") from error
    if match is None:
        raise BusyError(f"the tag log {path} holds no entries, as a copy without its -wal file does; {_WAY_OUT}")
    if trouble != "ok":
        raise BusyError(f"the tag log {path} is damaged ({' '.join(trouble.split())}); {_WAY_OUT}")


def is_writable(path: Path) -> bool:
    """Whether SQLite can write to a log there: it needs the folder as well as the file, and no bucket."""
    home = path.parent
    is_open = os.access(home, os.W_OK | os.X_OK) and (not path.exists() or os.access(path, os.W_OK))
    return is_open and address_of(home, WORK) is None


def check_in_no_bucket(place: Path | str) -> None:
    """Raise RunError, with what to do, for the log of a workspace that is in a bucket."""
    address = address_of(Path(place).parent, WORK)
    if address is not None:
        raise RunError(
            f"tags of '{address}', which is in a bucket, need a database: set {TAGS_URL}, or pass --tags-url, such as "
            "postgresql+psycopg://USER@HOST/DATABASE"
        )


def is_full(error: Exception) -> bool:
    """Whether SQLite has no room for the files next to a log; it reports this in two ways."""
    return "is full" in str(error) or "disk I/O error" in str(error)


class Snapshot:
    """A log in a folder that cannot be written to: read from a private copy, which follows the original.

    SQLite cannot read a WAL database where it may not write beside it, and without its -wal the newest entries are
    missing.
    """

    def __init__(self, path: Path, tables: list[str]) -> None:
        self._path, self._tables = path, tables
        self._folder = tempfile.TemporaryDirectory(prefix="hem-tags-")
        self._copy = Path(self._folder.name) / path.name
        self._stamp: list[tuple[int, int]] | None = None
        self._lock = threading.Lock()

    def connect(self) -> sqlite3.Connection:
        """A connection to the newest copy; an empty database when there is no log."""
        if not self._path.exists():
            empty = sqlite3.connect(":memory:", check_same_thread=False)
            for statement in self._tables:
                empty.execute(statement)
            return empty
        with self._lock:
            originals = [self._path, Path(f"{self._path}-wal")]
            stamp = [(one.stat().st_mtime_ns, one.stat().st_size) for one in originals if one.exists()]
            if stamp != self._stamp:
                for one in originals:
                    target = self._copy.with_name(one.name)
                    target.unlink(missing_ok=True)
                    if one.exists():
                        shutil.copyfile(one, target)
                self._copy.with_name(f"{self._copy.name}-shm").unlink(missing_ok=True)
                check(self._copy, "hem_tag_events")
                self._stamp = stamp
            return sqlite3.connect(self._copy, check_same_thread=False)


def _reader(path: Path) -> sqlite3.Connection:
    # Not "mode=ro": a log that was killed has a -wal to be read, for which SQLite writes its -shm.
    connection = sqlite3.connect(path, timeout=10)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _take_name(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        temporary.rename(path)
