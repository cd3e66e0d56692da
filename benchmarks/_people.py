"""People who review: what they press, what their pages say was done, and whether the tag log says the same."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.store.verdicts import ALL

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog

RECORDER = (Path(__file__).parent / "_people.js").read_text()
"""A script for the page, which records what `Seen.take` reads by `hemJournal()`."""
TAGS = {one.key: one.name for one in ALL if one.key and one.name != "mislabelled"}
RELOAD = "reload"
_HABITS = ((("1",), 34), (("2",), 16), (("3", "Enter"), 12), (("3", "Escape"), 2), (("4",), 6), (("5",), 6),
           (("6",), 3), (("7",), 8), (("u",), 6), (("ArrowLeft", "2"), 2), (("ArrowLeft", "0"), 2),
           (("ArrowRight",), 2), ((RELOAD,), 1))  # fmt: skip
"""What somebody presses for one example, and in how many of a hundred cases."""


def habits(chance: random.Random) -> Iterator[tuple[str, ...]]:
    """What a person does for one example after the other: keys, or RELOAD."""
    done, weights = zip(*_HABITS, strict=True)
    while True:
        yield chance.choices(done, weights)[0]


@dataclass(frozen=True)
class Action:
    """What a person did, as the page shows it: a verdict ("add"), "clear" or "undo"."""

    person: str
    at: float
    """Milliseconds since the epoch."""
    what: str
    row: int = -1
    tag: str = ""


@dataclass
class Seen:
    """What the page of one person recorded, over its reloads."""

    person: str
    keys: list[dict[str, Any]] = field(default_factory=list)
    screen: list[tuple[float, float, int]] = field(default_factory=list)
    """From when to when, in milliseconds, which row was on screen."""
    answers: list[tuple[str, float]] = field(default_factory=list)
    """What was asked, and the milliseconds until the answer was there."""
    _open: tuple[float, int] | None = None

    def take(self, journal: Mapping[str, Any], *, is_left: bool = False) -> None:
        """Take over what `hemJournal()` of the page gave. is_left: the page is left now."""
        self.keys += journal["keys"]
        self.answers += [(what, ms) for what, ms in journal["answers"]]
        for at, row in journal["shown"]:
            self._show(at, row)
        if is_left:
            self._show(journal["at"], None)

    def _show(self, at: float, row: str | None) -> None:
        if self._open is not None:
            self.screen.append((self._open[0], at, self._open[1]))
        self._open = None if row is None else (at, int(row))

    def actions(self) -> list[Action]:
        """What was done, in order: a key that judges brings another example on screen at once."""
        found = []
        for one in self.keys:
            key, before = one["key"], one["before"]
            if key == "u":
                found.append(Action(self.person, one["at"], "undo"))
            if before is None:
                continue
            has_moved, row = one["after"] != before, int(before)
            if one["isAsked"] and has_moved and (key == "Enter" or key.isdigit()):
                found.append(Action(self.person, one["at"], "add", row, "mislabelled"))
            elif key in TAGS and has_moved and not one["isAsked"]:
                found.append(Action(self.person, one["at"], "add", row, TAGS[key]))
            elif key == "0" and not one["isAsked"]:
                found.append(Action(self.person, one["at"], "clear", row))
        return found


def can_undo(actions: Iterable[Action]) -> bool:
    """Whether anything is left that this person could take back."""
    return bool(standing(actions))


def standing(actions: Iterable[Action]) -> list[Action]:
    """The actions of one person that were not undone."""
    left: list[Action] = []
    for one in actions:
        if one.what != "undo":
            left.append(one)
        elif left:
            left.pop()
    return left


@dataclass(frozen=True)
class Agreement:
    """What the pages say was done, against the tag log."""

    made: int
    """Verdicts given, undone ones included."""
    undone: int
    stored: int
    lost: tuple[tuple[str, ...], ...]
    """In the pages, and not in the log: person, action and tag of any, and with its id of each that stands."""
    double: tuple[tuple[str, ...], ...]
    """In the log, and not in the pages."""


def agreement(people: Sequence[Seen], log: TagLog, data: str, ids: Sequence[str]) -> Agreement:
    """Compare what the pages say with the log. ids: of the rows."""
    done = {one.person: one.actions() for one in people}
    past = log.history(data, limit=1_000_000)
    made: Counter[tuple[str, ...]] = Counter()
    for actions in done.values():
        made.update((one.person, one.what, one.tag) for one in actions)
        made.update((one.person, ids[one.row], one.what, one.tag) for one in standing(actions))
    who, what, tags = (past[name].tolist() for name in ("who", "action", "tag"))
    stored: Counter[tuple[str, ...]] = Counter()
    stored.update((one, did, "" if did == "undo" else tag) for one, did, tag in zip(who, what, tags, strict=True))
    stored.update((one.who, id, one.action, one.tag) for one in log.actions(data) for id in one.ids)
    counted = Counter(one.what for actions in done.values() for one in actions)
    return Agreement(
        counted["add"],
        counted["undo"],
        what.count("add"),
        tuple((made - stored).elements()),
        tuple((stored - made).elements()),
    )


def judged_by_two(people: Sequence[Seen]) -> list[int]:
    """Rows with verdicts of two people that stand."""
    who: dict[int, set[str]] = {}
    for one in people:
        for action in standing(one.actions()):
            if action.what == "add":
                who.setdefault(action.row, set()).add(one.person)
    return sorted(row for row, names in who.items() if len(names) > 1)


def told(people: Sequence[Seen], row: int) -> Iterator[str]:
    """What the people who judged a row pressed before, a line each."""
    for one in people:
        if any(action.row == row and action.what == "add" for action in standing(one.actions())):
            at = max(k for k, key in enumerate(one.keys) if key["before"] == str(row))
            yield f"{one.person}: " + ", ".join(
                f"{key['at'] / 1000 % 1000:.1f} {key['key']} on {key['before']}"
                for key in one.keys[max(0, at - 5) : at + 1]
            )


def on_two_screens(people: Sequence[Seen]) -> list[tuple[int, str, str, float]]:
    """Rows that two people had on screen at the same time: row, the two, and for how many milliseconds."""
    of_row: dict[int, list[tuple[float, float, str]]] = {}
    for one in people:
        for start, end, row in one.screen:
            of_row.setdefault(row, []).append((start, end, one.person))
    found = []
    for row, spans in of_row.items():
        spans.sort()
        for at, (_start, end, person) in enumerate(spans):
            for later, ends, other in spans[at + 1 :]:
                if other != person and later < end:
                    found.append((row, person, other, min(end, ends) - later))
    return found
