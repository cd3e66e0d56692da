"""Problems in a file of boxes: each is recorded with its count, so that nothing crashes or is dropped silently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes
from hem_core.boxes.geometry import is_beyond, is_degenerate

SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One kind of oddity of one file."""

    kind: str
    """A name for programs, such as "box_beyond_image"."""
    count: int
    """How many there are."""
    message: str
    """What happened and what became of it, in a sentence with the count."""
    where: tuple[str, ...] = ()
    """The first few places: names of images, classes or lines."""


def problems_of(kind: str, where: Iterable[str], what: str, outcome: str = "") -> list[Problem]:
    """One Problem, or none where `where` is empty. Its message is "<what>: <count>; <outcome>"."""
    places = list(where)
    if not places:
        return []
    shown = tuple(dict.fromkeys(places))[:SHOWN]
    message = f"{what}: {len(places):,}" + (f"; {outcome}" if outcome else "")
    return [Problem(kind, len(places), message, shown)]


def given_problems(
    boxes: GivenBoxes, image_ids: list[str], size_px: np.ndarray, classes: tuple[str, ...]
) -> list[Problem]:
    """What is odd in given boxes that could be read. image_ids: N names; size_px (N, 2), 0 where unknown."""

    def places(which: np.ndarray) -> list[str]:
        return [image_ids[index] for index in boxes.image[which]]

    degenerate = is_degenerate(boxes.xyxy)
    beyond = is_beyond(boxes.xyxy, size_px[boxes.image]) & ~degenerate
    empty = np.bincount(boxes.image, minlength=len(image_ids)) == 0
    unused = np.bincount(boxes.label, minlength=len(classes)) == 0
    regions = boxes.is_ignored & ~boxes.is_crowd
    absorbed = "they absorb predictions and are no objects"
    return [
        *problems_of("degenerate_box", places(degenerate), "boxes without width or height", "they are kept"),
        *problems_of("box_beyond_image", places(beyond), "boxes that leave their image", "they are kept as they are"),
        *problems_of("crowd", places(boxes.is_crowd), "crowd regions", absorbed),
        *problems_of("ignored", places(regions), "boxes to be ignored", absorbed),
        *problems_of("image_without_objects", _names(image_ids, empty), "images without boxes"),
        *problems_of("unused_category", _names(classes, unused), "categories without boxes"),
    ]


def _names(names: Iterable[str], which: np.ndarray) -> list[str]:
    return [name for name, chosen in zip(names, which, strict=True) if chosen]
