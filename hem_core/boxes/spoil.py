"""Planted annotation errors: some of the given boxes removed, moved, resized, relabelled, and some added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, stacked
from hem_core.boxes.geometry import areas, clip, iou, is_degenerate
from hem_core.errors import DataError

SPOILS = ("removed", "moved", "resized", "relabelled", "added")
OFF = 0.2, 0.65
"""IoU of a moved or resized box with the box as it was, between these two."""
TRIES = 20
FREE = 0.1
"""IoU with every given box that an added one stays below, and above which something is given already."""


@dataclass(frozen=True, eq=False)
class Spoiled:
    """Given boxes with planted errors."""

    given: GivenBoxes
    """(S,) the boxes as they are after the planting; added ones come last."""
    removed: GivenBoxes
    """The boxes that were taken away."""
    kind: np.ndarray
    """(S,) text: moved, resized, relabelled or added; "" for a box as it was."""
    source: np.ndarray
    """(S,) int64, which box of the original each was; -1 for an added one."""


def spoil(
    given: GivenBoxes,
    size_px: np.ndarray,
    *,
    share: float = 0.1,
    kinds: Sequence[str] = SPOILS,
    seed: int = 0,
) -> Spoiled:
    """Plant errors of some kinds, equally many of each, in `share` of the boxes that are objects.

    size_px (N, 2), width and height of the images, 0 where unknown. A moved or resized box keeps an IoU of .2 to .65
    with what it was; a relabelled one gets another class that occurs; an added one has the size and class of another
    box and overlaps nothing given. What cannot be planted (one class alone, no free place) is not planted.
    Raises DataError for an unknown kind.
    """
    if unknown := [kind for kind in kinds if kind not in SPOILS]:
        raise DataError(f"no kind '{unknown[0]}' of planted box; there are: {', '.join(SPOILS)}")
    chance = np.random.default_rng(seed)
    objects = chance.permutation(np.flatnonzero(~given.is_ignored & ~is_degenerate(given.xyxy)))
    chosen = np.array_split(objects[: round(share * len(objects))], len(kinds))
    of_kind = dict(zip(kinds, chosen, strict=True))
    xyxy, label, kind = given.xyxy.copy(), given.label.copy(), np.full(len(given), "", "U10")
    for name, change in (("moved", _moved), ("resized", _resized)):
        which = of_kind.get(name, objects[:0])
        boxes, is_done = _off(change, given.xyxy[which], size_px[given.image[which]], chance)
        xyxy[which[is_done]], kind[which[is_done]] = boxes[is_done], name
    which = of_kind.get("relabelled", objects[:0])
    label[which] = _relabelled(given.label, which, chance)
    kind[which[label[which] != given.label[which]]] = "relabelled"
    is_removed = np.isin(np.arange(len(given)), of_kind.get("removed", objects[:0]))
    area = np.where(np.isin(kind, ("moved", "resized")), areas(xyxy), given.area_px)
    rest = replace(given, xyxy=xyxy, label=label, area_px=area).take(~is_removed)
    more = _added(given, of_kind.get("added", objects[:0]), size_px, chance)
    source = np.concatenate([np.flatnonzero(~is_removed), np.full(len(more), -1)])
    kinds_of = np.concatenate([kind[~is_removed], np.full(len(more), "added")])
    return Spoiled(stacked(rest, more, 0), given.take(is_removed), kinds_of, source)


def _off(
    change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    boxes: np.ndarray,
    size_px: np.ndarray,
    chance: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Changed boxes (M, 4) whose IoU with what they were is within OFF, and (M,) bool which of them are."""
    result, is_done = boxes.copy(), np.zeros(len(boxes), bool)
    for _try in range(TRIES):
        new = change(boxes, chance)
        new = np.where(np.all(size_px > 0, axis=1, keepdims=True), clip(new, size_px), new)
        shared = iou(new, boxes)
        fits = ~is_done & (shared >= OFF[0]) & (shared <= OFF[1])
        result[fits], is_done = new[fits], is_done | fits
    return result, is_done


def _moved(boxes: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    size = boxes[:, 2:] - boxes[:, :2]
    by = size * chance.uniform(-0.6, 0.6, (len(boxes), 2))
    return boxes + np.concatenate([by, by], axis=1)


def _resized(boxes: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """About a point of the box, each side by a factor of its own, both larger or both smaller."""
    size = boxes[:, 2:] - boxes[:, :2]
    factor = np.exp(chance.uniform(0.1, 0.8, (len(boxes), 2)) * chance.choice([-1, 1], (len(boxes), 1)))
    start = boxes[:, :2] + (size - size * factor) * chance.random((len(boxes), 2))
    return np.concatenate([start, start + size * factor], axis=1)


def _relabelled(label: np.ndarray, which: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Another class of those that occur, each of them equally often; the same where there is one alone."""
    classes = np.unique(label)
    if len(classes) < 2:
        return label[which]
    place = np.searchsorted(classes, label[which])
    return classes[(place + chance.integers(1, len(classes), len(which))) % len(classes)]


def _added(given: GivenBoxes, models: np.ndarray, size_px: np.ndarray, chance: np.random.Generator) -> GivenBoxes:
    """A box of the size and class of each model, at a free place of an image with boxes."""
    image = given.image[chance.permutation(models)]
    by_image = {each: given.xyxy[given.image == each] for each in np.unique(image).tolist()}
    extent = {each: _extent(size_px[each], boxes) for each, boxes in by_image.items()}
    found, number = [], {each: int(given.number[given.image == each].max()) for each in by_image}
    for model, at in zip(models.tolist(), image.tolist(), strict=True):
        size = np.minimum(given.xyxy[model, 2:] - given.xyxy[model, :2], extent[at])
        start = chance.random((TRIES, 2)) * (extent[at] - size)
        places = np.concatenate([start, start + size], axis=1)  # (TRIES, 4)
        overlap = iou(np.repeat(places, len(by_image[at]), 0), np.tile(by_image[at], (TRIES, 1))).reshape(TRIES, -1)
        free = np.flatnonzero(overlap.max(axis=1) < FREE)
        if len(free):
            number[at] += 1
            found.append((at, model, places[free[0]], number[at]))
            by_image[at] = np.concatenate([by_image[at], places[free[:1]]])
    some = given.take(np.array([model for _at, model, _place, _number in found], np.int64))
    xyxy = np.array([place for _at, _model, place, _number in found]).reshape(-1, 4)
    images, numbers = (np.array([each[at] for each in found], np.int64) for at in (0, 3))
    return replace(some, image=images, xyxy=xyxy, area_px=areas(xyxy), number=numbers)


def _extent(size_px: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    return size_px if (size_px > 0).all() else boxes[:, 2:].max(axis=0)
