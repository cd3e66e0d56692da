"""What each person last said of a row, out of the tag log, and what most of them mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from hem_core.store.tag_events import Event

ANNOTATIONS = "annotations"
"""Key in what a correction is stored with: the digest of the annotations that its author saw."""
T = TypeVar("T")


@dataclass(frozen=True)
class Opinion:
    """The last thing that one person said of one row."""

    who: str
    tag: str
    value: str
    at: str
    """When, ISO 8601 in UTC."""
    about: str = ""
    """Digest of the annotations that were shown; "" where it was not recorded."""


def opinions(actions: Iterable[Event], counts: Callable[[str, bool], bool]) -> dict[str, list[Opinion]]:
    """Id -> what people said of it, the last thing each, oldest first.

    actions: those that are not undone, oldest first. counts(tag, is_bulk): whether giving a tag, to many rows at once
    or to one, is an opinion. Clearing a row clears what everybody said of it.
    """
    said: dict[str, dict[str, Opinion]] = {}
    for event in actions:
        if event.action == "add":
            rule = _rule(event.rule)
            is_bulk = max(event.n, len(event.ids)) > 1 and "imported" not in rule
            if counts(event.tag, is_bulk):
                _add(said, event, str(rule.get(ANNOTATIONS) or ""))
            continue
        for people in (said[id] for id in event.ids if id in said):
            if event.action == "clear":
                people.clear()
            else:
                _withdraw(people, event.tag)
    return {id: list(people.values()) for id, people in said.items() if people}


def prevailing(meanings: Sequence[T], is_same: Callable[[T, T], bool]) -> list[int]:
    """Positions of those that share the meaning of most; [] where two meanings are shared by equally many."""
    alike = [[at for at, other in enumerate(meanings) if is_same(one, other)] for one in meanings]
    most = max(map(len, alike), default=0)
    first = [at for at, those in enumerate(alike) if len(those) == most]
    return first if all(is_same(meanings[first[0]], meanings[at]) for at in first) else []


def _add(said: dict[str, dict[str, Opinion]], event: Event, about: str) -> None:
    at = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    for id in event.ids:
        people = said.setdefault(id, {})
        people.pop(event.who, None)  # what is said last comes last
        people[event.who] = Opinion(event.who, event.tag, event.value, at, about)


def _withdraw(people: dict[str, Opinion], tag: str) -> None:
    for who in [who for who, opinion in people.items() if opinion.tag == tag]:
        del people[who]


def _rule(rule: str) -> Mapping[str, Any]:
    try:
        found = json.loads(rule or "null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
