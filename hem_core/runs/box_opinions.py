"""What each person last said of a box, out of the tag log, and whether they agree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.boxes import box_text
from hem_core.boxes.box_text import ADDED, MOVED, RELABELLED, REMOVED, Corners
from hem_core.boxes.geometry import iou
from hem_core.errors import DataError
from hem_core.store.verdicts import RIGHT

if TYPE_CHECKING:
    from hem_core.store.tag_events import Event

ANNOTATIONS = "annotations"
"""Key in what a correction is stored with: the digest of the annotations that its author saw."""
TAKE_PREDICTED, REMOVE = "take predicted", "remove"
"""Free tags that correct many boxes at once: the predicted box is right, and there is no object."""
SAME_IOU = 0.8
"""IoU from which two people drew the same box; of small boxes one px more or less costs that much."""


@dataclass(frozen=True)
class Opinion:
    """The last thing that one person said of one box."""

    who: str
    tag: str
    value: str
    at: str
    """When, ISO 8601 in UTC."""
    about: str = ""
    """Digest of the annotations that were shown; "" where it was not recorded."""


@dataclass(frozen=True)
class Object:
    """What is at a place: a class and a box."""

    label: str
    xyxy: Corners


def opinions(actions: Iterable[Event]) -> dict[str, list[Opinion]]:
    """Id -> what people said of it, the last thing each, oldest first.

    actions: those that are not undone, oldest first. Clearing a box clears what everybody said of it. Skipping, and
    other verdicts that leave the label open, are no opinion; nor is confirming many boxes at once.
    """
    said: dict[str, dict[str, Opinion]] = {}
    for event in actions:
        is_bulk = len(event.ids) > 1 and "imported" not in _rule(event.rule)
        at = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        for id in event.ids:
            people = said.setdefault(id, {})
            if event.action == "clear":
                people.clear()
            elif event.action == "remove":
                _withdraw(people, event.tag)
            elif _counts(event.tag, is_bulk=is_bulk):
                people.pop(event.who, None)  # what is said last comes last
                people[event.who] = Opinion(
                    event.who, event.tag, event.value, at, str(_rule(event.rule).get(ANNOTATIONS) or "")
                )
    return {id: list(people.values()) for id, people in said.items() if people}


def object_of(opinion: Opinion, given: Object | None, predicted: Object | None) -> Object | None:
    """What is there according to a person: None for no object.

    given and predicted: of the row that the opinion is about. Raises DataError where the opinion does not say what
    would be right, or cannot be read.
    """
    if opinion.tag in RIGHT:
        return given
    if opinion.tag in (REMOVED, REMOVE):
        return None
    if opinion.tag in (MOVED, ADDED):
        return Object(*box_text.read(opinion.value))
    if opinion.tag == TAKE_PREDICTED and predicted is not None:
        return predicted
    place = given or predicted
    if opinion.tag == RELABELLED and opinion.value and place is not None:
        return Object(opinion.value, place.xyxy)
    if opinion.tag == RELABELLED and given is None and predicted is not None:
        return predicted
    raise DataError("called wrong without another class or box")


def is_same(one: Object | None, other: Object | None) -> bool:
    """Whether two people mean the same: no object, or one class at an IoU of at least SAME_IOU."""
    if one is None or other is None:
        return one is other
    if one.label != other.label:
        return False
    return one.xyxy == other.xyxy or float(iou(np.asarray([one.xyxy]), np.asarray([other.xyxy]))[0]) >= SAME_IOU


def words(objects: Sequence[tuple[Opinion, Object | None]]) -> Iterator[str]:
    """`anna: WBC [1, 2, 30, 40]`, `ben: nothing here` of each."""
    for opinion, thing in objects:
        yield f"{opinion.who}: {'nothing here' if thing is None else box_text.written(thing.label, thing.xyxy)}"


def _withdraw(people: dict[str, Opinion], tag: str) -> None:
    for who in [who for who, opinion in people.items() if opinion.tag == tag]:
        del people[who]


def _counts(tag: str, *, is_bulk: bool) -> bool:
    return tag in (RELABELLED, MOVED, ADDED, REMOVED, TAKE_PREDICTED, REMOVE) or (tag in RIGHT and not is_bulk)


def _rule(rule: str) -> Mapping[str, Any]:
    try:
        content = json.loads(rule or "null")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
