"""What each person last said of a box, out of the tag log, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hem_core.boxes import box_text
from hem_core.boxes.box_text import ADDED, MOVED, RELABELLED, REMOVED, TAKE_PREDICTED, Corners
from hem_core.boxes.geometry import iou
from hem_core.errors import DataError
from hem_core.store import opinions as store_opinions
from hem_core.store.opinions import ANNOTATIONS, Opinion
from hem_core.store.verdicts import RIGHT

if TYPE_CHECKING:
    from hem_core.store.tag_events import Event

__all__ = ["ANNOTATIONS", "Object", "Opinion", "is_same", "meanings", "object_of", "opinions", "words"]

REMOVE = "remove"
"""A free tag that means what the verdict `removed` means."""
SAME_IOU = 0.8
"""IoU from which two people drew the same box; of small boxes one px more or less costs that much."""


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
    return store_opinions.opinions(actions, _counts)


def meanings(
    said: Iterable[Opinion], given: Object | None, predicted: Object | None
) -> list[tuple[Opinion, Object | None]]:
    """What each of some opinions on a row says is there, without those that do not say what would be right."""
    found: list[tuple[Opinion, Object | None]] = []
    for one in said:
        try:
            found.append((one, object_of(one, given, predicted)))
        except DataError:
            continue
    return found


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


def _counts(tag: str, is_bulk: bool) -> bool:
    return tag in (RELABELLED, MOVED, ADDED, REMOVED, TAKE_PREDICTED, REMOVE) or (tag in RIGHT and not is_bulk)
