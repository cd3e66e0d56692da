"""People's tags on examples: an append-only log, and the tags that follow from it."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.errors import BusyError, DataError
from hem_core.store import tag_events, tag_file
from hem_core.store.level_names import EXAMPLES
from hem_core.store.review_claims import Claims, Holder, make_table
from hem_core.store.tag_events import Event
from hem_core.store.tag_fold import Fold
from hem_core.store.tag_pages import Pages
from hem_core.store.tag_reversal import Reversal, reversal, takes_verdict
from hem_core.store.verdicts import VERDICTS

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

__all__ = ["VERDICTS", "TagLog", "open_tags"]

_lock = threading.Lock()
_open: dict[tuple[int, str, int], TagLog] = {}


def open_tags(place: Path | str) -> TagLog:
    """The log in a SQLite file, created if it does not exist, or at an SQLAlchemy URL (postgresql+psycopg://…).

    One object a place and process, so that its state is folded once. Raises RunError when it cannot be
    opened or a newer HEM wrote it.
    """
    with _lock:
        # By process, because a connection must not cross a fork; by inode, because a deleted file may
        # have a successor of the same name.
        log = _open.get(_key(place))
        if log is None:
            log = TagLog(place)
            _open[_key(place)] = log
        return log


def _key(place: Path | str) -> tuple[int, str, int]:
    if isinstance(place, str) and "://" in place:
        return os.getpid(), place, 0
    path = Path(place).resolve()
    return os.getpid(), str(path), path.stat().st_ino if path.exists() else 0


class TagLog:
    """Append-only: every action is one entry, an undo is another entry, nothing is deleted.

    `data` names the data set (Run.data), so that runs over the same examples share their tags. Ids are those of the
    level `examples`; `level` gives the log of another one.
    The verdicts (VERDICTS) of an example replace each other; other tags accumulate. Safe for many processes
    and threads at once.
    """

    def __init__(self, place: Path | str, *, is_made: bool = True) -> None:
        """is_made: a file that is not there is made at once, and not with the first entry."""
        self._engine = tag_events.connect(place, is_made=is_made)
        self._place = place
        self._opened = _key(place)
        self._level = EXAMPLES
        self._levels = {EXAMPLES: self}
        self._read_to: dict[str, int] = {}
        self._folds: dict[tuple[str, str], Fold] = {}
        self._states: dict[tuple[str, str], tuple[int, pd.DataFrame]] = {}
        self._claims_ready: list[bool] = []
        self._lock = threading.RLock()
        self._write_lock = threading.Lock()

    def level(self, name: str) -> TagLog:
        """The same log for the rows of a level: their tags, their history, their undo."""
        with self._lock:
            if name not in self._levels:
                other = self._levels[name] = copy.copy(self)
                other._level = name
            return self._levels[name]

    def add(
        self,
        data: str,
        ids: Iterable[str],
        tag: str,
        *,
        who: str,
        value: str = "",
        rule: str | Mapping[str, Any] = "",
        client: str = "",
        sequence: int | None = None,
        window: str = "",
    ) -> str:
        """Tag examples, in one action however many there are; it is on the disk when this returns.

        value: of the tag, such as the new label of "mislabelled". rule: the rule that selected the ids.
        client and sequence: a post that arrives twice is stored once and answered alike. window: the browser window
        that acts, for its own undo.
        Returns the batch id. Raises DataError without ids, tag or who.
        """
        _check_tag(tag)
        post = {"client": client, "sequence": sequence, "window": window}
        return self._act("add", data, ids, tag=tag, who=who, value=value, rule=rule, **post)

    def remove(
        self,
        data: str,
        ids: Iterable[str],
        tag: str,
        *,
        who: str,
        rule: str | Mapping[str, Any] = "",
        client: str = "",
        sequence: int | None = None,
        window: str = "",
        claim: str = "",
    ) -> str:
        """Remove one tag from examples; others stay. Returns and raises what `add` does.

        claim: as in `undo`.
        """
        _check_tag(tag)
        post = {"client": client, "sequence": sequence, "window": window, "claim": claim}
        return self._act("remove", data, ids, tag=tag, who=who, rule=rule, **post)

    def clear(
        self,
        data: str,
        ids: Iterable[str],
        *,
        who: str,
        rule: str | Mapping[str, Any] = "",
        client: str = "",
        sequence: int | None = None,
        window: str = "",
        claim: str = "",
    ) -> str:
        """Remove all tags from examples. Returns and raises what `add` does.

        claim: as in `undo`.
        """
        post = {"client": client, "sequence": sequence, "window": window, "claim": claim}
        return self._act("clear", data, ids, who=who, rule=rule, **post)

    def undo(
        self,
        data: str,
        *,
        who: str,
        batch: str | None = None,
        client: str = "",
        sequence: int | None = None,
        window: str = "",
        claim: str = "",
    ) -> dict[str, Any] | None:
        """Undo the newest action of `who` that is not undone, or that batch, whoever did it.

        window: undo the newest action of `who` in this browser window only; "" = wherever it was done. claim: what a
        page of Review claims its examples as (`Holder.window`); where one example loses its verdict by this, it is on
        screen there, and is claimed in the same step, since anybody else could be given it otherwise.
        Later changes by others to the same examples stay. Undoing an undo restores the action.
        Returns the new entry (batch, at_ms, who, action "undo" or "redo", undoes) with what it undoes
        (undone_action, tag, value, rule, n, ids) and `others_since`: who has changed the tags of how many of
        these examples since then. None when there is nothing to undo.
        Raises DataError for a batch that this data set has not.
        """
        _check_text("who", who)
        _check_window(window)
        _check_window(claim, "claim")

        def entry(connection: sa.Connection) -> dict[str, Any] | None:
            with self._lock:
                fold = self._read(data, connection)
                target = fold.newest(who, window) if batch is None else _find(fold, batch, data)
                if target is None or not fold.counts[fold.positions[target.batch]]:
                    return None
                position = fold.positions[target.batch]
                opened = fold.ids(position) if claim and takes_verdict(fold, position) else []
            self._hold(connection, data, opened, Holder(who, claim))
            action = "redo" if target.action == "undo" else "undo"
            return self._own(_row(action, [], who=who, undoes=target.batch, window=window))

        same = {"action": ["undo", "redo"], "who": [who], "level": [self._level]}
        same |= {"undoes": [batch]} if batch is not None else {}
        written = self._append(data, entry, client, sequence, same)
        return self._entry(data, written) if written else None

    def state(self, data: str) -> pd.DataFrame:
        """The current tags: id, tag, value, who, at (UTC), n, one row for each tag of an example.

        n: how many examples the same action tagged; a tag on one example alone has 1, and so has an imported answer.
        Kept until the next entry; only new entries are read.
        """
        with self._lock:
            fold = self._current(data)
            cached = self._states.get((data, self._level))
            if cached is None or cached[0] != fold.revision:
                cached = self._states[data, self._level] = (fold.revision, fold.state())
            return cached[1].copy(deep=False)

    def history(self, data: str, *, id: str | None = None, limit: int = 200) -> pd.DataFrame:
        """The actions, newest first; on one example if an id is given.

        Returns at (UTC), who, action (add, remove, clear, undo, redo), tag, value, n (examples), rule,
        batch, is_undone, undoes (a batch, or ""). An undo shows the tag, value and n of what it undoes.
        """
        import pandas as pd

        with self._lock:
            fold = self._current(data)
            positions = range(len(fold.events)) if id is None else fold.touching(id)
            chosen = list(reversed(positions))[: max(0, limit)]
            rows = [_shown(fold, position) for position in chosen]
        table = pd.DataFrame(rows, columns=["at_ms", *_TEXTS, "n", "is_undone"])
        types = {**dict.fromkeys(_TEXTS, "str"), "n": "int64", "is_undone": "bool"}
        table = table.astype(types)
        table["at"] = pd.to_datetime(table["at_ms"].astype("int64"), unit="ms", utc=True)
        order = ["at", "who", "action", "tag", "value", "n", "rule", "batch", "is_undone", "undoes"]
        return table.reindex(columns=order)

    def about(self, data: str, ids: Sequence[str], limit: int) -> dict[str, dict[str, Any]]:
        """The verdicts and history of some examples, in one read: id -> `verdict` (tag, value, who, n; or None) and
        `past`.

        past: the newest entries first, as in `history`, with `at_ms`. Much cheaper than `state` and `history`.
        """
        with self._lock:
            fold = self._current(data)
            return {
                id: {
                    "verdict": fold.verdict(id),
                    "past": [_shown(fold, position) for position in fold.touching(id)[::-1][:limit]],
                }
                for id in ids
            }

    def reviews(
        self, data: str, ids: Sequence[str], connection: sa.Connection | None = None
    ) -> dict[str, dict[str, str]]:
        """The verdicts that examples were given one at a time: id -> tag, value, who; much cheaper than `state`.

        connection: to read with, as part of its transaction.
        """
        with self._lock:
            fold = self._current(data) if connection is None else self._read(data, connection)
            found = {id: fold.verdict(id) for id in ids}
        single = {id: one for id, one in found.items() if one and one["n"] == 1}
        return {id: {name: one[name] for name in ("tag", "value", "who")} for id, one in single.items()}

    def several(self, data: str, ids: Collection[str] | None = None) -> list[str]:
        """Of some ids, or of all, those that more than one person has ever tagged, whatever was undone since."""
        with self._lock:
            return self._current(data).several(ids)

    def actions(self, data: str, ids: Collection[str] | None = None) -> list[Event]:
        """The actions that are not undone, oldest first, each with its ids; undos are not included.

        ids: only the actions on these, each with those of them that it is about, and `n`.
        """
        with self._lock:
            fold = self._current(data)
            if ids is not None:
                return fold.done_to(ids)
            counting = [k for k, event in enumerate(fold.events) if fold.counts[k] and not event.undoes]
            return [replace(fold.events[k], ids=tuple(fold.ids(k))) for k in counting]

    def claims(self, data: str, clock: Callable[[], float] | None = None) -> Claims:
        """Who has which row of this level on screen. clock: seconds since the epoch; None = that of the database."""
        if not self._claims_ready and not tag_events.is_read_only(self._engine):
            with self._turn_to_write():
                self._make_claims()
        return Claims(self._engine, data, self._level, clock, self._turn_to_write)

    def audited(self, data: str, audit: str) -> list[str]:
        """The ids that an audit of labels drew and that somebody judged in it, by its key."""
        with self._lock:
            return self._current(data).audited(audit)

    def replaced(self, data: str, batch: str) -> dict[str, int]:
        """Whose tags an action replaced, and on how many examples: another person's, or those from another window."""
        with self._lock:
            fold = self._current(data)
            return fold.others_before(fold.positions[_find(fold, batch, data).batch])

    def reversal(self, data: str, batch: str) -> Reversal:
        """What `undo` of that batch would change now. Raises DataError for a batch that this data set has not."""
        with self._lock:
            fold = self._current(data)
            return reversal(fold, fold.positions[_find(fold, batch, data).batch])

    def pages(self, data: str) -> Pages:
        """The actions of all levels page by page, read from the database; `history` needs all of one level."""
        return Pages(self._engine, data)

    def revision(self, data: str) -> int:
        """A number that grows with every entry of the data set, of any level; 0 when there is none: a cache key."""
        with tag_events.reading(self._engine) as connection:
            return tag_events.revision(connection, data)

    def posted(self, client: str, sequence: int) -> dict[str, Any] | None:
        """The entry that a post was stored as, with its columns by name and its ids; None when there is none."""
        with tag_events.reading(self._engine) as connection:
            return tag_events.posted_before(connection, client, sequence)

    def _act(
        self,
        action: str,
        data: str,
        ids: Iterable[str],
        *,
        who: str,
        tag: str = "",
        value: str = "",
        rule: str | Mapping[str, Any] = "",
        client: str = "",
        sequence: int | None = None,
        window: str = "",
        claim: str = "",
    ) -> str:
        _check_text("data", data)
        _check_text("who", who)
        _check_window(window)
        _check_window(claim, "claim")
        chosen = _distinct(ids)
        text = rule if isinstance(rule, str) else json.dumps(rule, ensure_ascii=False)
        row = self._own(_row(action, chosen, who=who, tag=tag, value=value, rule=text, window=window))
        same = {name: [row[name]] for name in ("action", "who", "tag", "value", "rule")} | {"level": [self._level]}
        if not text:  # what a rule matches may have changed since, by this very action
            same["ids"] = [chosen]

        def entry(connection: sa.Connection) -> dict[str, Any]:
            if claim and len(chosen) == 1 and self._has_verdict(connection, data, chosen[0], tag):
                self._hold(connection, data, chosen, Holder(who, claim))
            return row

        batch = self._append(data, entry, client, sequence, same)
        assert batch is not None
        return batch

    def _has_verdict(self, connection: sa.Connection, data: str, id: str, tag: str) -> bool:
        """Whether an example has that verdict, or any where tag is "", read as part of a transaction."""
        with self._lock:
            verdict = self._read(data, connection).verdict(id)
        return verdict is not None and tag in ("", verdict["tag"])

    def _hold(self, connection: sa.Connection, data: str, ids: Sequence[str], holder: Holder) -> None:
        """Claim what loses its verdict for the page of Review that shows it."""
        if ids:
            Claims(self._engine, data, self._level).hold(connection, holder, ids)

    def _append(
        self,
        data: str,
        entry: Callable[[sa.Connection], dict[str, Any] | None],
        client: str,
        sequence: int | None,
        same: Mapping[str, Any],
    ) -> str | None:
        if tag_events.is_read_only(self._engine):
            self._engine = tag_events.connect(self._place)  # there may be room, or a right, by now
            self._opened = _key(self._place)
        if tag_events.is_read_only(self._engine):
            tag_file.check_in_no_bucket(self._place)
            raise BusyError(f"the tag log {self._place} cannot be written to now; nothing was stored, try again")
        if _key(self._place) != self._opened:
            raise BusyError(
                f"the tag log {self._place} was moved, deleted or replaced while it was open; "
                "nothing was stored: restore it, or restart the app"
            )
        with self._turn_to_write():
            self._make_claims()
            return tag_events.append(self._engine, data, entry, client=client, sequence=sequence, same=same)

    def _make_claims(self) -> None:
        """Create the table of the claims, unless it is known to be there; in one's turn to write."""
        if not self._claims_ready:
            tag_events.written(self._engine, make_table)
            self._claims_ready.append(True)

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """One writer a process at a time: those who wait hold no connection of the pool.

        Nobody waits behind several who each wait for a locked file: a server's threads would all be used up.
        """
        if not self._write_lock.acquire(timeout=tag_events.BUSY_SECONDS):
            raise BusyError(f"the tag log {self._place} is locked by another process; nothing was stored, try again")
        try:
            yield
        finally:
            self._write_lock.release()

    def _current(self, data: str) -> Fold:
        with tag_events.reading(self._engine) as connection:
            return self._read(data, connection)

    def _read(self, data: str, connection: sa.Connection) -> Fold:
        for event in tag_events.after(connection, data, self._read_to.get(data, 0)):
            self._folds.setdefault((data, event.level), Fold()).add(event)
            self._read_to[data] = event.number
        return self._folds.setdefault((data, self._level), Fold())

    def _own(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns of an entry with the level; that of the examples is not written."""
        return {**row, "level": None if self._level == EXAMPLES else self._level}

    def _entry(self, data: str, batch: str) -> dict[str, Any]:
        with self._lock:
            fold = self._current(data)
            position = fold.positions[batch]
            done = fold.done(position)
            since = fold.others_since(fold.positions[done.batch])
            more = {"undone_action": done.action, "others_since": since, "ids": fold.ids(position)}
            return {**_shown(fold, position), **more}


_TEXTS = ["who", "action", "tag", "value", "rule", "batch", "undoes"]


def _shown(fold: Fold, position: int) -> dict[str, Any]:
    event, done = fold.events[position], fold.done(position)
    return {
        "at_ms": event.at_ms,
        "who": event.who,
        "action": event.action,
        "tag": done.tag,
        "value": done.value,
        "rule": done.rule,
        "batch": event.batch,
        "undoes": event.undoes,
        "n": len(fold.members[position]),
        "is_undone": not fold.counts[position],
    }


def _find(fold: Fold, batch: str, data: str) -> Event:
    if batch not in fold.positions:
        raise DataError(f"no batch '{batch}' in the tag log of '{data}'; the history lists them")
    return fold.events[fold.positions[batch]]


def _row(
    action: str,
    ids: list[str],
    *,
    who: str,
    tag: str = "",
    value: str = "",
    rule: str = "",
    undoes: str = "",
    window: str = "",
) -> dict[str, Any]:
    return {
        "batch": uuid.uuid4().hex,
        "at_ms": time.time_ns() // 1_000_000,
        "who": who,
        "action": action,
        "tag": tag,
        "value": value,
        "rule": rule,
        "undoes": undoes,
        "ids": tag_events.pack(ids),
        "window_id": window or None,
    }


def _distinct(ids: Iterable[str]) -> list[str]:
    if isinstance(ids, str):
        raise DataError(f"ids must be a list; got the text '{ids}': pass a list of one id")
    chosen = list(dict.fromkeys(ids))
    if not chosen:
        raise DataError("no examples to tag: the list of ids is empty; select some first")
    wrong = next((id for id in chosen if not isinstance(id, str)), None)
    if wrong is not None:
        raise DataError(f"ids must be texts; {wrong!r} is not: pass the column 'id' of the run")
    return chosen


def _check_tag(tag: str) -> None:
    _check_text("tag", tag)


def _check_window(window: str, name: str = "window") -> None:
    if not isinstance(window, str) or len(window) > 64:
        raise DataError(f"'{name}' must be a text of at most 64 characters; got {window!r:.80}")


def _check_text(name: str, text: str) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > 255:
        raise DataError(f"'{name}' must be a text of 1 to 255 characters; got {text!r}")
