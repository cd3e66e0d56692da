"""Who has which row on screen in Review, so that two people never get the same one: claims that expire by themselves.

A table beside the tag log, in the same database, so that it holds for all servers of a workspace. Unlike the log it is
not kept: a claim that nobody renews is void after LIFETIME.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC

import sqlalchemy as sa

from hem_core.store import tag_events

LIFETIME = 60.0
"""Seconds after which a claim is void unless it was renewed; an open page renews its claims every quarter of it."""

_SEPARATOR = "\n"
_metadata = sa.MetaData()
_claims = sa.Table(
    "hem_review_holders",  # "hem_review_claims" of older versions had room for one window a row
    _metadata,
    sa.Column("data", sa.String(255), primary_key=True),
    sa.Column("level", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(512), primary_key=True),
    sa.Column("who", sa.String(255), nullable=False),
    # All windows of that person with the row, each between two separators. Of a row there is one entry, so that two
    # people who claim it at the same time collide.
    sa.Column("windows", sa.Text, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Holder:
    """Who claims: a person in a browser window. Windows of one person do not exclude each other."""

    who: str
    window: str


@dataclass(frozen=True)
class Claimed:
    """What a request for claims got."""

    own: tuple[str, ...]
    """The ids that are the holder's now, in the order asked for."""
    others: dict[str, str]
    """Id -> who has it on screen, of those asked for."""
    is_alone: bool = True
    """Whether nobody else has any row of the level on screen."""


@dataclass(frozen=True, eq=False)
class Claims:
    """The claims on the rows of a level. clock: seconds since the epoch, the same for all servers; None = that of the
    database, since the clocks of two servers may differ by more than a claim lives. turn: a context to write in; those
    who wait for theirs must hold no connection, since a claim that looks at the verdicts may wait for somebody who
    needs one."""

    engine: sa.Engine
    data: str
    level: str
    clock: Callable[[], float] | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext

    def take(
        self,
        holder: Holder,
        ids: Sequence[str],
        most: int,
        *,
        drop: Sequence[str] = (),
        finished: Callable[[Sequence[str], sa.Connection], Collection[str]] = lambda *_: (),
    ) -> Claimed:
        """Claim the first `most` of some ids that nobody else has; the others of the holder's window run out.

        ids: in the order of preference; those that are the holder's already are renewed and count. drop: ids to give
        back at once. Of several who ask for one row at the same time, one gets it. finished(ids, connection): which of
        them nobody has to judge any more, asked once they are claimed, in the same transaction: whoever judges a row
        gives it back only then, and whoever undoes that claims it, so that what was known of a row before may have
        changed, and nobody sees a claim on what is judged.
        Raises BusyError when the database refuses.
        """
        if tag_events.is_read_only(self.engine):  # nobody can judge anything there
            return Claimed(tuple(dict.fromkeys(ids))[:most], {})

        def attempt(connection: sa.Connection) -> Claimed:
            now = self._now_ms(connection)
            connection.execute(sa.delete(_claims).where(*self._here(), _claims.c.until_ms <= now))
            self._drop(connection, holder, drop)
            taken = {id: who for id, who in self._of(connection, ids) if who != holder.who}
            own = tuple(id for id in dict.fromkeys(ids) if id not in taken)[:most]
            self._write(connection, holder, own, now)
            late = set(finished(own, connection)) if own else set()
            self._drop(connection, holder, sorted(late))
            own = tuple(id for id in own if id not in late)
            return Claimed(own, taken, not taken and self._is_alone(connection, holder))

        with self.turn():
            return tag_events.written(self.engine, attempt)

    def hold(self, connection: sa.Connection, holder: Holder, ids: Sequence[str]) -> None:
        """Claim those of some ids that nobody else has, as part of a transaction that opens them again."""
        now = self._now_ms(connection)
        connection.execute(sa.delete(_claims).where(*self._here(), _claims.c.until_ms <= now))
        taken = {id for id, who in self._of(connection, ids) if who != holder.who}
        self._write(connection, holder, [id for id in ids if id not in taken], now)

    def release(self, holder: Holder, ids: Sequence[str] | None = None, *, keep: Sequence[str] = ()) -> None:
        """Give back some of a window's claims, or all of them but those of `keep`."""
        if tag_events.is_read_only(self.engine):
            return
        with self.turn():
            tag_events.written(self.engine, lambda connection: self._drop(connection, holder, ids, keep))

    def others(self, who: str) -> dict[str, str]:
        """Id -> who has it on screen, of everybody but one person."""
        with tag_events.reading(self.engine) as connection:
            is_valid = _claims.c.until_ms > self._now_ms(connection)
            query = sa.select(_claims.c.id, _claims.c.who).where(*self._here(), is_valid)
            return {id: name for id, name in connection.execute(query) if name != who}

    def _now_ms(self, connection: sa.Connection) -> int:
        if self.clock is not None:
            return int(1000 * self.clock())
        if connection.dialect.name == "sqlite":  # a file of this machine
            return int(1000 * time.time())
        at = connection.execute(sa.select(sa.func.current_timestamp())).scalar_one()
        return int(1000 * (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())

    def _here(self) -> tuple[sa.ColumnElement[bool], ...]:
        return _claims.c.data == self.data, _claims.c.level == self.level

    def _is_alone(self, connection: sa.Connection, holder: Holder) -> bool:
        query = sa.select(_claims.c.id).where(*self._here(), _claims.c.who != holder.who).limit(1)
        return connection.execute(query).first() is None

    def _of(self, connection: sa.Connection, ids: Sequence[str]) -> list[tuple[str, str]]:
        query = sa.select(_claims.c.id, _claims.c.who).where(*self._here(), _claims.c.id.in_(list(ids)))
        return [(id, who) for id, who in connection.execute(query)]

    def _drop(
        self, connection: sa.Connection, holder: Holder, ids: Sequence[str] | None, keep: Sequence[str] = ()
    ) -> None:
        if ids is not None and not ids:
            return
        own = (*self._here(), _claims.c.who == holder.who)
        some = (_claims.c.id.not_in(list(keep)),) if ids is None else (_claims.c.id.in_(list(ids)),)
        named = _claims.c.windows.contains(_entry(holder), autoescape=True)
        left = sa.func.replace(_claims.c.windows, _entry(holder), _SEPARATOR)
        connection.execute(sa.update(_claims).where(*own, *some, named).values(windows=left))
        connection.execute(sa.delete(_claims).where(*own, _claims.c.windows == _SEPARATOR))

    def _write(self, connection: sa.Connection, holder: Holder, ids: Sequence[str], now_ms: int) -> None:
        if not ids:
            return
        # Those read alone: a claim that was made since collides here, and all of this is tried again.
        mine = (*self._here(), _claims.c.who == holder.who, _claims.c.id.in_(list(ids)))
        query = sa.select(_claims.c.id, _claims.c.windows).where(*mine).with_for_update()
        before = {row.id: row.windows for row in connection.execute(query)}
        connection.execute(sa.delete(_claims).where(*mine, _claims.c.id.in_(list(before))))
        until = now_ms + int(1000 * LIFETIME)
        values = {"data": self.data, "level": self.level, "who": holder.who, "until_ms": until}
        # In one order for everybody: two who insert the same ids the other way round would wait for each other.
        entries = [{**values, "id": id, "windows": _with(before.get(id, _SEPARATOR), holder)} for id in sorted(ids)]
        connection.execute(_claims.insert(), entries)


def _entry(holder: Holder) -> str:
    return f"{_SEPARATOR}{holder.window.replace(_SEPARATOR, ' ')}{_SEPARATOR}"


def _with(windows: str, holder: Holder) -> str:
    """Some windows and the holder's."""
    return windows.replace(_entry(holder), _SEPARATOR) + _entry(holder)[1:]


def make_table(connection: sa.Connection) -> None:
    """Create the table where it is missing."""
    connection.execute(sa.schema.CreateTable(_claims, if_not_exists=True))
