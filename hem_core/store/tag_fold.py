"""The state of the tags: the log folded, entry by entry."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.store.tag_events import Event
from hem_core.store.verdicts import VERDICTS

if TYPE_CHECKING:
    import pandas as pd

NONE = -1
"""In a slot: the example has nothing from any entry."""
SEVERAL = -2
"""Instead of a person: more than one."""
AUDIT = "audit"
"""Key in what a verdict is stored with: the audit of labels that drew its example."""
_VERDICT = ""  # the slot that all verdicts share; every free tag has a slot of its own


@dataclass
class Fold:
    """All entries of one data set, and for each slot which entry an example has it from.

    An entry counts unless an entry that counts undoes it. Examples are numbered as they first occur.
    """

    events: list[Event] = field(default_factory=list)
    members: list[np.ndarray] = field(default_factory=list)
    """For each entry, the numbers of its examples, int32; an undo has those of the undone entry."""
    counts: list[bool] = field(default_factory=list)
    undone_by: dict[int, list[int]] = field(default_factory=dict)
    """Position of an entry -> positions of those that undo it."""
    positions: dict[str, int] = field(default_factory=dict)
    """Batch -> position of its entry."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Id -> number of the example."""
    slots: dict[str, np.ndarray] = field(default_factory=dict)
    replaced: list[dict[int, int]] = field(default_factory=list)
    """For each entry: position of an earlier one -> how many examples had their tag from it until this entry."""
    audits: dict[str, list[int]] = field(default_factory=dict)
    """Key of an audit of labels -> positions of the verdicts that were given in it."""
    _people: dict[str, int] = field(default_factory=dict)
    _first: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    """For each example who tagged it first, a number of `_people`, and SEVERAL once somebody else did."""
    _about_one: dict[int, list[int]] = field(default_factory=dict)
    """Number of an example -> positions of the entries about it alone."""
    _about_many: list[int] = field(default_factory=list)
    _names: np.ndarray = field(default_factory=lambda: np.empty(0, object))

    @property
    def revision(self) -> int:
        return self.events[-1].number if self.events else 0

    def add(self, event: Event) -> None:
        """Take the next entry of the log."""
        position = len(self.events)
        target = self.positions.get(event.undoes)
        self.events.append(replace(event, ids=()) if event.ids else event)
        self.positions[event.batch] = position
        self.counts.append(True)
        if target is None:
            self.members.append(self._number(event.ids))
            self._note_who(event, self.members[position])
            self.replaced.append(self._holders(position, self.members[position]))
            self._apply(position, self.members[position])
            if AUDIT in event.rule and (key := _audit_of(event.rule)):
                self.audits.setdefault(key, []).append(position)
        else:
            self.replaced.append({})
            self.members.append(self.members[target])
            self.undone_by.setdefault(target, []).append(position)
            self.settle(target)
        if len(self.members[position]) == 1:
            self._about_one.setdefault(int(self.members[position][0]), []).append(position)
        else:
            self._about_many.append(position)

    def settle(self, position: int) -> None:
        """Take into account that an entry has been undone: whether it counts now, and the tags of its examples."""
        self._recount(position)
        self._refold(self.members[position])

    def ids(self, position: int) -> list[str]:
        """The ids that an entry is about."""
        return self._named(self.members[position])

    def several(self, ids: Collection[str] | None = None) -> list[str]:
        """Of some ids, or of all, those that more than one person has ever tagged, whatever was undone since."""
        if ids is None:
            return self._named(np.flatnonzero(self._first[: len(self.numbers)] == SEVERAL))
        return [id for id in ids if (number := self.numbers.get(id)) is not None and self._first[number] == SEVERAL]

    def done_to(self, ids: Collection[str]) -> list[Event]:
        """The actions on some ids that are not undone, oldest first, with those of the ids that each is about and
        with `n`, how many it is about in all."""
        name_of = {self.numbers[id]: id for id in ids if id in self.numbers}
        wanted = np.fromiter(name_of, np.int64, len(name_of))
        among_many = [k for k in self._about_many if np.isin(self.members[k], wanted).any()]
        alone = [k for number in name_of for k in self._about_one.get(number, ())]
        counting = [k for k in sorted([*alone, *among_many]) if self.counts[k] and not self.events[k].undoes]
        return [self._about(k, name_of, wanted) for k in counting]

    def done(self, position: int) -> Event:
        """The action of an entry, or the one that its chain of undos refers to."""
        event = self.events[position]
        while event.undoes:
            event = self.events[self.positions[event.undoes]]
        return event

    def newest(self, who: str, window_id: str = "") -> Event | None:
        """The last action of a person that is not undone, in one window if it is named; an undo is not an action."""
        for position in range(len(self.events) - 1, -1, -1):
            event = self.events[position]
            is_theirs = event.who == who and window_id in ("", event.window_id)
            if is_theirs and not event.undoes and self.counts[position]:
                return event
        return None

    def others_before(self, position: int) -> dict[str, int]:
        """Whose tags an entry replaced, and on how many examples: another person's, or those from another window."""
        return self._by_person(position, self.replaced[position])

    def others_since(self, position: int) -> dict[str, int]:
        """Who has changed the tags of an entry's examples since, and of how many; an undo keeps those changes."""
        event, members = self.events[position], self.members[position]
        concerned = self.slots.values() if event.action == "clear" else [self._slot(_slot_of(event))]
        newer = {
            k: int(n)
            for held in concerned
            for k, n in zip(*np.unique(held[members], return_counts=True), strict=True)
            if k > position
        }
        for k in range(position + 1, len(self.events)):
            if self.counts[k] and self.events[k].action in ("clear", "remove") and position in self.replaced[k]:
                newer[k] = self.replaced[k][position]
        return self._by_person(position, newer)

    def audited(self, key: str) -> list[str]:
        """The ids that got a verdict in an audit, as far as it is not undone; cleared ones among them."""
        return [id for position in self.audits.get(key, ()) if self.counts[position] for id in self.ids(position)]

    def touching(self, id: str) -> list[int]:
        """Positions of the entries about one example."""
        number = self.numbers.get(id)
        if number is None:
            return []
        among_many = [k for k in self._about_many if (self.members[k] == number).any()]
        return sorted([*self._about_one.get(number, ()), *among_many])

    def verdict(self, id: str) -> dict[str, Any] | None:
        """The current verdict of an example: tag, value, who, n as in `state`; None when it has none."""
        number, held = self.numbers.get(id), self.slots.get(_VERDICT)
        if number is None or held is None or held[number] == NONE:
            return None
        event = self.events[held[number]]
        n = 1 if _is_import(event.rule) else len(self.members[held[number]])
        return {"tag": event.tag, "value": event.value, "who": event.who, "n": n}

    def state(self) -> pd.DataFrame:
        """One row for each tag an example has: id, tag, value, who, at (UTC); by first tagged, then in the order
        in which they were given, which the milliseconds of `at` alone do not tell.
        """
        import pandas as pd

        ids = np.array(list(self.numbers), object)
        numbers, sources = [], []
        for slot in sorted(self.slots):
            held = np.flatnonzero(self.slots[slot] != NONE)
            numbers.append(held)
            sources.append(self.slots[slot][held])
        number = np.concatenate([np.empty(0, np.int64), *numbers])
        source = np.concatenate([np.empty(0, np.int32), *sources])
        order = np.lexsort((source, number))
        used, code = np.unique(source[order], return_inverse=True)
        events = [self.events[k] for k in used]

        def column(name: str) -> pd.Series:
            return pd.Series([getattr(event, name) for event in events], dtype="str").take(code)

        at = np.array([event.at_ms for event in events], "datetime64[ms]")[code]
        texts = {name: column(name).array for name in ("tag", "value", "who")}
        n = np.array([1 if _is_import(self.events[k].rule) else len(self.members[k]) for k in used], np.int64)[code]
        at = pd.Series(at).dt.tz_localize("UTC")
        return pd.DataFrame({"id": pd.array(ids[number[order]], dtype="str"), **texts, "at": at, "n": n})

    def _about(self, position: int, name_of: dict[int, str], wanted: np.ndarray) -> Event:
        members = self.members[position]
        own = members[np.isin(members, wanted)] if len(members) > 1 else members
        ids = tuple(name_of[number] for number in own.tolist())
        return replace(self.events[position], ids=ids, n=len(members))

    def _named(self, numbers: np.ndarray) -> list[str]:
        if len(self._names) < len(self.numbers):
            self._names = np.array(list(self.numbers), object)
        return self._names[numbers].tolist()

    def _note_who(self, event: Event, members: np.ndarray) -> None:
        self._first = _grown(self._first, len(self.numbers))
        if event.action != "add":
            return
        person = self._people.setdefault(event.who, len(self._people))
        before = self._first[members]
        self._first[members] = np.where((before == NONE) | (before == person), person, SEVERAL)

    def _by_person(self, position: int, others: dict[int, int]) -> dict[str, int]:
        event, counts = self.events[position], dict[str, int]()
        for k, n in others.items():
            other = self.events[k]
            is_elsewhere = "" not in (event.window_id, other.window_id) and event.window_id != other.window_id
            if other.who != event.who or is_elsewhere:
                counts[other.who] = counts.get(other.who, 0) + n
        return counts

    def _holders(self, position: int, members: np.ndarray) -> dict[int, int]:
        event = self.events[position]
        concerned = self.slots.values() if event.action == "clear" else [self._slot(_slot_of(event))]
        holders = dict[int, int]()
        for held in concerned:
            for k, n in _counted(held, members):
                if k != NONE and (event.action != "remove" or self.events[k].tag == event.tag):
                    holders[k] = n
        return holders

    def _recount(self, position: int) -> None:
        """Decide whether an entry counts, and if that changes, update the entries that it undoes."""
        while True:
            counts = not any(self.counts[k] for k in self.undone_by[position])
            if counts == self.counts[position]:
                return
            self.counts[position] = counts
            undoes = self.events[position].undoes
            if not undoes:
                return
            position = self.positions[undoes]

    def _number(self, ids: Sequence[str]) -> np.ndarray:
        numbers, before = self.numbers, len(self.numbers)
        own = np.fromiter((numbers.setdefault(id, len(numbers)) for id in ids), np.int32, len(ids))
        if len(numbers) > before:
            for slot, held in self.slots.items():
                self.slots[slot] = _grown(held, len(numbers))
        return own

    def _apply(self, position: int, members: np.ndarray) -> None:
        event = self.events[position]
        slot = _slot_of(event)
        if event.action == "clear":
            for held in self.slots.values():
                held[members] = NONE
        elif event.action == "add":
            self._slot(slot)[members] = position
        elif event.action == "remove":
            held = self._slot(slot)
            same = [k for k, _ in _counted(held, members) if k != NONE and self.events[k].tag == event.tag]
            if same:
                held[members[np.isin(held[members], same)]] = NONE

    def _refold(self, members: np.ndarray) -> None:
        """Recompute the examples that an undo affects; the others stay."""
        for held in self.slots.values():
            held[members] = NONE
        is_concerned = np.zeros(len(self.numbers), bool)
        is_concerned[members] = True
        alone = [k for number in members.tolist() for k in self._about_one.get(number, ())]
        for position in sorted([*alone, *self._about_many]):
            if self.events[position].undoes or not self.counts[position]:
                continue
            theirs = self.members[position]
            shared = theirs[is_concerned[theirs]]
            if len(shared):
                self._apply(position, shared)

    def _slot(self, slot: str) -> np.ndarray:
        if slot not in self.slots:
            self.slots[slot] = _grown(np.empty(0, np.int32), len(self.numbers))
        return self.slots[slot]


def _counted(held: np.ndarray, members: np.ndarray) -> list[tuple[int, int]]:
    """The different values of a slot for some examples, ascending, and how often each occurs."""
    if len(members) == 1:  # most entries are about one example, for which sorting takes twenty times as long
        return [(int(held[members[0]]), 1)]
    values, counts = np.unique(held[members], return_counts=True)
    return list(zip(values.tolist(), counts.tolist(), strict=True))


def _slot_of(event: Event) -> str:
    return _VERDICT if event.tag in VERDICTS else event.tag


def _is_import(rule: str) -> bool:
    """Was the entry written by `hem import-labels`? One entry holds many answers then, each given to one example."""
    try:
        content = json.loads(rule or "null")
    except ValueError:
        return False
    return isinstance(content, dict) and "imported" in content


def _audit_of(rule: str) -> str:
    try:
        content = json.loads(rule)
    except ValueError:
        return ""
    return str(content.get(AUDIT) or "") if isinstance(content, dict) else ""


def _grown(held: np.ndarray, length: int) -> np.ndarray:
    """At least `length` long, doubling, so that one more example costs little."""
    if len(held) >= length:
        return held
    longer = np.full(max(length, 2 * len(held)), NONE, np.int32)
    longer[: len(held)] = held
    return longer
