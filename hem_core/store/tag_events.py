"""The append-only table behind the tag log, on SQLite or any database SQLAlchemy knows."""

from __future__ import annotations

import json
import random
import sqlite3
import time
import weakref
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.dialects import sqlite

from hem_core.errors import BusyError, ConflictError, RunError
from hem_core.store import tag_file, tag_place
from hem_core.store.level_names import EXAMPLES

FORMAT_VERSION = 1
BUSY_SECONDS = 10
_PLAIN_BYTES = 512  # below this, compressing does not pay

_metadata = sa.MetaData()
_about = sa.Table(
    "hem_about",
    _metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(64), nullable=False),
)
_events = sa.Table(
    "hem_tag_events",
    _metadata,
    sa.Column("batch", sa.String(32), primary_key=True),
    sa.Column("data", sa.String(255), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("who", sa.String(255), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("tag", sa.String(255), nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("undoes", sa.String(32), nullable=False),
    sa.Column("ids", sa.LargeBinary, nullable=False),
    sa.Column("client", sa.String(255)),
    sa.Column("sequence", sa.BigInteger),
    # The browser window that acted; logs from before there was such a column get it when they are opened.
    sa.Column("window_id", sa.String(64), nullable=True),
    # The level whose rows the ids are, which came later in the same way; NULL is the level `examples`.
    sa.Column("level", sa.String(64), nullable=True),
    # Numbers have no gaps and are visible in order on any database: two writers who take the same one
    # collide here, and the later tries again. So "everything after number k" misses nothing.
    sa.UniqueConstraint("data", "number"),
    sa.UniqueConstraint("client", "sequence"),
    sa.Index("hem_tag_events_undoes", "undoes"),
)

_LATER = ("window_id", "level")
"""Columns that logs of older versions lack until they are opened to be written."""
_up_to_date: weakref.WeakSet[sa.Engine] = weakref.WeakSet()
"""Databases whose log is known to have all columns: one that cannot be written may lack some."""

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """One entry of the log: one action of one person on any number of examples."""

    batch: str
    number: int
    at_ms: int
    who: str
    action: str
    tag: str
    value: str
    rule: str
    undoes: str
    ids: Sequence[str]
    window_id: str = ""
    """The browser window that acted; "" where it was none, or the log is older than this column."""
    level: str = EXAMPLES
    """The level whose rows the ids are; `examples` where the log is older than this column."""
    n: int = 0
    """How many ids it is about, where `ids` are some of them; 0 where they are all."""


def connect(place: Path | str, *, is_made: bool = True) -> sa.Engine:
    """Open or create the log in a SQLite file (a Path or a plain name) or at an SQLAlchemy URL.

    A file in a folder that cannot be written to is read from a copy. is_made: a file that is not there is made;
    otherwise the log is read as an empty one. Raises RunError when the place cannot be opened, a
    file is empty or cut, or a newer HEM wrote it.
    """
    if isinstance(place, str) and "://" in place:
        url = tag_place.parsed(place)
    else:
        url = sa.URL.create("sqlite", database=str(place))
    shown = tag_place.shown(url)
    try:
        engine = (
            _file_engine(Path(str(url.database)), is_made=is_made)
            if _is_file(url)
            else sa.create_engine(url, **tag_place.options(url))
        )
        version = _retried(lambda: _create(engine))
    except (exc.SQLAlchemyError, sqlite3.Error, ImportError, OSError) as error:
        raise BusyError(f"the tag log {shown} cannot be opened: {tag_place.reason(error)}") from error
    if version != str(FORMAT_VERSION):
        raise RunError(
            f"the tag log {shown} has format version {version}; this HEM reads {FORMAT_VERSION}: install the newer HEM"
        )
    return engine


def table(connection: sa.Connection) -> tuple[sa.Table, list[str]]:
    """The table of the entries, and its columns that this log lacks, because an older version made it."""
    return _events, _lacking(connection)


def is_read_only(engine: sa.Engine) -> bool:
    """Whether the log was opened from a copy, because nothing can be written where it lies."""
    return isinstance(engine.pool, sa.NullPool)


def append(
    engine: sa.Engine,
    data: str,
    entry: Callable[[sa.Connection], dict[str, Any] | None],
    *,
    client: str = "",
    sequence: int | None = None,
    same: Mapping[str, Collection[Any]] | None = None,
) -> str | None:
    """Write one entry in one transaction; it is on the disk when this returns its batch.

    entry(connection) is called inside the transaction, once an attempt, and gives the columns from batch
    to ids; None writes nothing. A (client, sequence) that is there already is not written again: its
    batch comes back. same: columns -> the values that the entry there may have to be this one.
    Raises ConflictError when (client, sequence) is another entry, BusyError when the database refuses.
    """
    post = {"client": client if sequence is not None else None, "sequence": sequence}

    def attempt() -> str | None:
        with _writing(engine) as connection:
            earlier = posted_before(connection, client, sequence)
            if earlier is not None:
                check_same(earlier, {**(same or {}), "data": [data]})
                return earlier["batch"]
            row = entry(connection)
            if row is None:
                return None
            number = revision(connection, data) + 1
            connection.execute(_events.insert().values(**row, **post, data=data, number=number))
            return row["batch"]

    try:
        return _retried(attempt)
    except (exc.DBAPIError, exc.TimeoutError) as error:
        shown = getattr(error, "orig", error)
        raise BusyError(f"the tag log could not store the action ({shown}); nothing was stored, try again") from error


def written(engine: sa.Engine, change: Callable[[sa.Connection], T]) -> T:
    """What a change of other tables beside the log returns, in one transaction, tried again where another was first.

    These tables hold what is void after a minute: nobody waits until such a change is on the disk, and a power cut may
    lose it. Raises BusyError when the database refuses.
    """

    def attempt() -> T:
        with _writing(engine, is_lasting=False) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            return change(connection)

    try:
        return _retried(attempt)
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error) as error:
        shown = getattr(error, "orig", error)
        raise BusyError(f"nothing was stored beside the tag log ({shown}); try again") from error


def revision(connection: sa.Connection, data: str) -> int:
    """Number of the newest entry of a data set; 0 when there is none."""
    newest = sa.select(sa.func.max(_events.c.number)).where(_events.c.data == data)
    return connection.execute(newest).scalar() or 0


def after(connection: sa.Connection, data: str, number: int) -> Iterator[Event]:
    """The entries of a data set that came after a number, in order. Raises BusyError when one is missing."""
    lacking = _lacking(connection)
    names = [name for name in Event.__annotations__ if name in _events.c and name not in lacking]
    columns = [_events.c[name] for name in names]
    query = sa.select(*columns).where(_events.c.data == data, _events.c.number > number)
    for row in connection.execute(query.order_by(_events.c.number)):
        values = dict(zip(names, row, strict=True))
        number += 1
        if values["number"] != number:
            raise BusyError(f"entry {number} of '{data}' is missing in the tag log; restore a complete copy of it")
        values["window_id"], values["level"] = values.get("window_id") or "", values.get("level") or EXAMPLES
        values["ids"] = unpack(values["ids"])
        yield Event(**values)


def pack(ids: Sequence[str]) -> bytes:
    """Ids as a JSON list, compressed when long."""
    plain = json.dumps(list(ids), separators=(",", ":")).encode()
    return plain if len(plain) <= _PLAIN_BYTES else zlib.compress(plain, 1)


def unpack(packed: bytes) -> list[str]:
    """The ids that `pack` packed."""
    packed = bytes(packed)
    return json.loads(packed if packed.startswith(b"[") else zlib.decompress(packed))


def posted_before(connection: sa.Connection, client: str, sequence: int | None) -> dict[str, Any] | None:
    """The entry that this (client, sequence) was stored as, its columns by name; None when there is none."""
    if sequence is None:
        return None
    query = sa.select(*_events.c).where(_events.c.client == client, _events.c.sequence == sequence)
    row = connection.execute(query).mappings().first()
    return {**row, "ids": unpack(row["ids"]), "level": row["level"] or EXAMPLES} if row is not None else None


def check_same(stored: Mapping[str, Any], same: Mapping[str, Collection[Any]]) -> None:
    """Raise ConflictError unless each column of a stored entry has one of the values given for it."""
    other = next((name for name, values in same.items() if stored[name] not in values), None)
    if other is not None:
        raise ConflictError(
            f"number {stored['sequence']} of this page was stored as another action ({other}: {stored[other]!r}); "
            "nothing was stored now: reload the page and try again"
        )


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection to read with. Raises BusyError when the database does not answer."""
    # PostgreSQL shows each statement of a transaction what is committed by then, so that one around them adds nothing
    # but two messages to a server.
    alone = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
    try:
        with engine.connect().execution_options(**alone) as connection:
            yield connection
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error, OSError) as error:
        shown = getattr(error, "orig", error)
        raise BusyError(f"the tag log cannot be read now ({shown}); try again") from error


def _file_engine(path: Path, *, is_made: bool) -> sa.Engine:
    tables = [str(sa.schema.CreateTable(table).compile(dialect=sqlite.dialect())) for table in (_about, _events)]
    tables.append(f"INSERT INTO hem_about VALUES ('format_version', '{FORMAT_VERSION}')")
    if tag_file.is_writable(path) and (is_made or path.exists()):
        try:
            if not path.exists():
                tag_file.make(path, tables)
            tag_file.check(path, _events.name)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and not tag_file.is_full(error):
                raise
            if not path.exists() or tag_file.is_full(error):
                return _reading_engine(path, tables)
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS})
        _set_up_sqlite(engine)
        return engine
    if not path.parent.is_dir():
        raise FileNotFoundError("unable to open database file")
    return _reading_engine(path, tables)


def _reading_engine(path: Path, tables: list[str]) -> sa.Engine:
    snapshot = tag_file.Snapshot(path, tables)
    return sa.create_engine("sqlite://", creator=snapshot.connect, poolclass=sa.NullPool)


def _create(engine: sa.Engine) -> str:
    with _writing(engine) as connection:
        for table in (_about, _events):
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        for name in _lacking(connection):
            column = sa.schema.CreateColumn(_events.c[name]).compile(dialect=connection.dialect)
            connection.execute(sa.DDL(f"ALTER TABLE {_events.name} ADD COLUMN {column}"))
        known = {index["name"] for index in sa.inspect(connection).get_indexes(_events.name)}
        for index in _events.indexes:
            if index.name not in known:
                connection.execute(sa.schema.CreateIndex(index))
        version = connection.execute(sa.select(_about.c.value).where(_about.c.name == "format_version")).scalar()
        if version is None:
            version = str(FORMAT_VERSION)
            connection.execute(_about.insert().values(name="format_version", value=version))
        return version


def _lacking(connection: sa.Connection) -> list[str]:
    """Columns that this log does not have, because an older version made it."""
    if connection.engine in _up_to_date:
        return []
    columns = {column["name"] for column in sa.inspect(connection).get_columns(_events.name)}
    lacking = [name for name in _LATER if name not in columns]
    if not lacking:
        _up_to_date.add(connection.engine)
    return lacking


@contextmanager
def _writing(engine: sa.Engine, *, is_lasting: bool = True) -> Iterator[sa.Connection]:
    options = {"hem_writes": True, "hem_is_lasting": is_lasting}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _retried(attempt: Callable[[], T]) -> T:
    """Try again when another writer was first; on SQLite that is rare, since BEGIN IMMEDIATE waits."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return attempt()
        except (exc.IntegrityError, exc.OperationalError, exc.ProgrammingError) as error:
            if time.monotonic() > deadline or not _is_passing(error):
                raise
            time.sleep(random.Random().uniform(0.001, 0.05))


def _is_passing(error: exc.DBAPIError) -> bool:
    text = str(error.orig).lower()
    return (
        isinstance(error, exc.IntegrityError)
        or "locked" in text
        or "deadlock" in text
        or "already exists" in text
        or "duplicate key name" in text
        or "duplicate column" in text
    )


def _is_file(url: sa.URL | None) -> bool:
    """A path, or the URL of a SQLite file; not a database in memory, nor a server."""
    return url is None or (url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"))


def _set_up_sqlite(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("hem_writes"):
            for setting in _LASTING if options["hem_is_lasting"] else _PASSING:
                connection.exec_driver_sql(f"PRAGMA {setting}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("hem_writes") else "BEGIN")


# FULL: in WAL mode a commit survives a power cut only with it; it costs an fsync an action. A checkpoint each time: the
# file itself has every entry at once, since people copy it alone.
_LASTING = ("synchronous = FULL", "wal_autocheckpoint = 1")
_PASSING = ("synchronous = NORMAL", "wal_autocheckpoint = 1000")
