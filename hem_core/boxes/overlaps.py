"""Which predicted boxes overlap which given boxes: pairs within an image, never all boxes against all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.geometry import areas

LEAST = 0.1
"""Pairs of a smaller IoU are not kept: TIDE calls them background."""
PAIRS = 1 << 18
"""Pairs that are looked at in one go; it bounds the memory and fits a cache."""


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Q pairs of a predicted and a given box of one image, in the order of the predictions, then of the given boxes."""

    predicted: np.ndarray
    """(Q,) int64, index of the predicted box."""
    given: np.ndarray
    """(Q,) int64, index of the given box."""
    iou: np.ndarray
    """(Q,) float64; over the predicted box's area alone where the given one is a crowd region."""
    is_right: np.ndarray
    """(Q,) bool, whether both have the same class."""

    def take(self, which: np.ndarray) -> Overlaps:
        """Some of the pairs: a mask or indices."""
        return Overlaps(self.predicted[which], self.given[which], self.iou[which], self.is_right[which])


def overlaps(
    given: GivenBoxes, predicted: PredictedBoxes, *, least: float = LEAST, right_class_only: bool = False
) -> Overlaps:
    """Pairs of a predicted and a given box of the same image whose IoU is at least `least`, which is above 0.

    right_class_only: look at pairs of the same class alone, which is all that average precision needs and faster.
    Memory: O(boxes) and the pairs that are kept.
    """
    keys = given.image, predicted.image
    if right_class_only:
        n_classes = 1 + max(given.label.max(initial=-1), predicted.label.max(initial=-1))
        keys = given.image * n_classes + given.label, predicted.image * n_classes + predicted.label
    found = [_overlapping(given, predicted, ours, theirs, least) for ours, theirs in pairs_by_key(keys[1], keys[0])]
    ours = np.concatenate([np.empty(0, np.int64), *(part[0] for part in found)])
    theirs = np.concatenate([np.empty(0, np.int64), *(part[1] for part in found)])
    values = np.concatenate([np.empty(0), *(part[2] for part in found)])
    return Overlaps(ours, theirs, values, predicted.label[ours] == given.label[theirs])


def pairs_by_key(one: np.ndarray, other: np.ndarray, n_pairs: int = PAIRS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs of entries with the same key, in blocks of about `n_pairs`.

    one (A,) and other (B,) integers. Yields indices into `one`, ascending over all blocks, and into `other`.
    """
    order = np.argsort(other, kind="stable")
    ranked = other[order]
    start = np.searchsorted(ranked, one, "left")
    count = np.searchsorted(ranked, one, "right") - start
    ends = np.cumsum(count)
    first = 0
    while first < len(one):
        before = ends[first] - count[first]
        last = max(first + 1, int(np.searchsorted(ends, before + n_pairs, "right")))
        some = count[first:last]
        place = np.arange(some.sum()) + np.repeat(start[first:last] - (ends[first:last] - some - before), some)
        yield np.repeat(np.arange(first, last), some), order[place]
        first = last


def _overlapping(
    given: GivenBoxes, predicted: PredictedBoxes, ours: np.ndarray, theirs: np.ndarray, least: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the pairs, those that overlap enough, with their IoU; pairs apart in x, then in y, are left at once."""
    one, other = predicted.xyxy, given.xyxy
    width = np.minimum(one[ours, 2], other[theirs, 2]) - np.maximum(one[ours, 0], other[theirs, 0])
    near = np.flatnonzero(width > 0)
    ours, theirs, width = ours[near], theirs[near], width[near]
    height = np.minimum(one[ours, 3], other[theirs, 3]) - np.maximum(one[ours, 1], other[theirs, 1])
    near = np.flatnonzero(height > 0)
    ours, theirs, shared = ours[near], theirs[near], width[near] * height[near]
    area = areas(one[ours])
    union = np.where(given.is_crowd[theirs], area, area + areas(other[theirs]) - shared)
    value = shared / union
    enough = np.flatnonzero(value >= least)
    return ours[enough], theirs[enough], value[enough]
