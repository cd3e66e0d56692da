"""The log of the tags page by page, newest first: what a page needs is read from the database, never the whole log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import sqlalchemy as sa

from hem_core.errors import DataError
from hem_core.store import tag_events
from hem_core.store.level_names import EXAMPLES
from hem_core.store.tag_events import unpack
from hem_core.store.verdicts import ALL, VERDICTS

Kind = Literal["all", "verdict", "tag", "bulk", "undo"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_LONGEST_ONE = 512  # bytes of the packed ids of one example; longer ones are many, or one with a very long id
_BETWEEN_TWO = b'","'
_COLUMNS = ("batch", "at_ms", "who", "action", "tag", "value", "rule", "undoes", "window_id", "level")


@dataclass(frozen=True)
class Wanted:
    """Which actions a page lists; by default all of them."""

    who: str = ""
    kind: Kind = "all"
    """verdict, tag: given or removed, where clearing an example is both; bulk: on more than one row; undo: undone or
    restored."""
    text: str = ""
    """Occurs in the tag, its title in the app or its value; upper or lower case. An undo is found by what it undoes."""
    from_ms: int | None = None
    """Milliseconds since 1970, included."""
    to_ms: int | None = None
    """Milliseconds since 1970, not included."""
    level: str = ""
    """Name of a level; "" = all."""


@dataclass(frozen=True)
class Action:
    """One entry of the log, with what it undoes and by whom it is undone."""

    batch: str
    at_ms: int
    who: str
    action: str
    """add, remove, clear, undo or redo."""
    tag: str
    value: str
    rule: str
    undoes: str
    level: str
    window_id: str
    ids: Sequence[str] = field(repr=False, default=())
    """The rows that it is about; of an undo those of the undone action."""
    done: Action | None = None
    """Of an undo or redo: the action at the end of its chain; None for others."""
    undone_by: str = ""
    """Who has undone it, where that counts; "" where it is not undone."""


@dataclass(frozen=True)
class Pages:
    """The actions on the rows of a data set, of all levels."""

    engine: sa.Engine
    data: str

    def count(self, wanted: Wanted) -> int:
        """How many actions there are."""
        with tag_events.reading(self.engine) as connection:
            query = sa.select(sa.func.count()).where(*self._conditions(connection, wanted))
            return connection.execute(query).scalar() or 0

    def read(self, wanted: Wanted, *, offset: int = 0, limit: int = 25) -> list[Action]:
        """The newest actions after the first `offset`, at most `limit`."""
        with tag_events.reading(self.engine) as connection:
            table, _ = tag_events.table(connection)
            query = _actions(connection).where(*self._conditions(connection, wanted))
            rows = connection.execute(query.order_by(table.c.number.desc()).offset(offset).limit(limit))
            listed = [_action(row._mapping) for row in rows]
            return _completed(connection, listed)

    def one(self, batch: str) -> Action:
        """One action. Raises DataError for one that this data set has not."""
        with tag_events.reading(self.engine) as connection:
            table, _ = tag_events.table(connection)
            query = _actions(connection).where(table.c.batch == batch, table.c.data == self.data)
            found = [_action(row._mapping) for row in connection.execute(query)]
            if not found:
                raise DataError(f"no batch '{batch}' in the tag log of '{self.data}'; the history lists them")
            return _completed(connection, found)[0]

    def people(self) -> list[str]:
        """Who has acted, sorted."""
        with tag_events.reading(self.engine) as connection:
            table, _ = tag_events.table(connection)
            query = sa.select(table.c.who).distinct().where(table.c.data == self.data)
            return sorted(connection.execute(query).scalars())

    def _conditions(self, connection: sa.Connection, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
        if wanted.kind not in KINDS:
            raise DataError(f"no kind '{wanted.kind}' of actions; there are: {', '.join(KINDS)}")
        table, lacking = tag_events.table(connection)
        conditions = [table.c.data == self.data]
        if wanted.who:
            conditions.append(table.c.who == wanted.who)
        if wanted.from_ms is not None:
            conditions.append(table.c.at_ms >= wanted.from_ms)
        if wanted.to_ms is not None:
            conditions.append(table.c.at_ms < wanted.to_ms)
        if wanted.level and "level" in lacking:
            conditions.append(sa.literal(wanted.level == EXAMPLES))
        elif wanted.level:
            conditions.append(sa.func.coalesce(table.c.level, EXAMPLES) == wanted.level)
        if wanted.text:
            conditions.append(self._about(table, wanted.text))
        return [*conditions, *_of_kind(connection, table, wanted.kind)]

    def _about(self, table: sa.Table, text: str) -> sa.ColumnElement[bool]:
        """Entries about a tag, and those that undo them, twice over."""
        titled = [verdict.name for verdict in ALL if text.lower() in verdict.words.lower()]
        there = sa.or_(
            table.c.tag.in_(titled),
            table.c.tag.icontains(text, autoescape=True),
            table.c.value.icontains(text, autoescape=True),
        )
        own = sa.and_(table.c.data == self.data, there)
        undone = sa.select(table.c.batch).where(own)
        again = sa.select(table.c.batch).where(table.c.data == self.data, table.c.undoes.in_(undone))
        return sa.or_(there, sa.and_(table.c.undoes != "", table.c.undoes.in_(undone.union(again))))


def _of_kind(connection: sa.Connection, table: sa.Table, kind: Kind) -> list[sa.ColumnElement[bool]]:
    is_verdict = table.c.tag.in_(VERDICTS)
    is_free = sa.and_(table.c.action.in_(["add", "remove"]), sa.not_(is_verdict))
    if kind == "verdict":
        return [sa.or_(is_verdict, table.c.action == "clear")]
    if kind == "tag":
        return [sa.or_(is_free, table.c.action == "clear")]
    if kind == "bulk":
        is_long = sa.func.length(table.c.ids) > _LONGEST_ONE
        return [sa.or_(is_long, _holds_several(connection, table.c.ids))]
    return [table.c.undoes != ""] if kind == "undo" else []


def _holds_several(connection: sa.Connection, ids: sa.Column[bytes]) -> sa.ColumnElement[bool]:
    """Whether packed ids are several: a list of two or more, or a compressed one, which does not begin with `[`."""
    if connection.dialect.name == "sqlite":
        is_several = sa.func.instr(ids, _BETWEEN_TWO) > 0
    else:
        is_several = sa.func.position(sa.literal(_BETWEEN_TWO, sa.LargeBinary).op("IN")(ids)) > 0
    return sa.or_(is_several, sa.func.substr(ids, 1, 1) != b"[")


def _actions(connection: sa.Connection) -> sa.Select[Any]:
    table, lacking = tag_events.table(connection)
    return sa.select(*[table.c[name] for name in (*_COLUMNS, "ids") if name not in lacking])


def _action(row: Any) -> Action:
    texts = {name: row.get(name) or "" for name in _COLUMNS}
    return Action(**{**texts, "at_ms": int(row["at_ms"]), "level": texts["level"] or EXAMPLES}, ids=unpack(row["ids"]))


def _completed(connection: sa.Connection, listed: Sequence[Action]) -> list[Action]:
    undone_by = _undone_by(connection, [action.batch for action in listed])
    targets = _targets(connection, [action.undoes for action in listed if action.undoes])
    found = []
    for action in listed:
        done = _end(action, targets)
        ids = done.ids if done is not None else action.ids
        values = {name: getattr(action, name) for name in _COLUMNS}
        found.append(Action(**values, ids=ids, done=done, undone_by=undone_by.get(action.batch, "")))
    return found


def _end(action: Action, targets: dict[str, Action]) -> Action | None:
    done = None
    while action.undoes in targets:
        done = action = targets[action.undoes]
    return done


def _targets(connection: sa.Connection, batches: Sequence[str]) -> dict[str, Action]:
    """The entries that some undos refer to, and those that these refer to."""
    found: dict[str, Action] = {}
    table, _ = tag_events.table(connection)
    while batches:
        rows = connection.execute(_actions(connection).where(table.c.batch.in_(batches)))
        fresh = {row.batch: _action(row._mapping) for row in rows}
        found |= fresh
        batches = [action.undoes for action in fresh.values() if action.undoes and action.undoes not in found]
    return found


def _undone_by(connection: sa.Connection, batches: Sequence[str]) -> dict[str, str]:
    """Which of some entries are undone -> by whom last: an entry counts unless an entry that counts undoes it."""
    undoers: dict[str, list[tuple[str, str]]] = {}
    generations = [list(batches)]
    table, _ = tag_events.table(connection)
    while generations[-1]:
        query = sa.select(table.c.undoes, table.c.batch, table.c.who).where(table.c.undoes.in_(generations[-1]))
        rows = connection.execute(query.order_by(table.c.number)).all()
        for undoes, batch, who in rows:
            undoers.setdefault(undoes, []).append((batch, who))
        generations.append([batch for _, batch, _ in rows])
    found: dict[str, str] = {}
    for batch in (batch for generation in reversed(generations) for batch in generation):
        by = next((who for undoer, who in reversed(undoers.get(batch, [])) if undoer not in found), "")
        if by:
            found[batch] = by
    return found
