"""What can make an object hard to find: that it is small, cut off by the border, overlapped, or one of a crowd."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, values_at
from hem_core.boxes.error_types import RIGHT
from hem_core.boxes.geometry import areas
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.overlaps import pairs_by_key
from hem_core.boxes.surroundings import size_px
from hem_core.stats.percentile import percentile

CAUSES = ("occluded", "truncated", "small", "crowded")
"""Which goes first where two are as telling."""
TINY_PX, SMALL_PX, SMALLEST = 12.0, 32.0, 20.0
"""Side in px from which down a box is small; or below which it is, when it is also in the smallest fifth of the data
(percentile)."""
CROWDED = 4
"""Given boxes within one diagonal."""
OVERLAPPED = 0.3
"""Share of a box that lies in one other box."""
INSIDE, LARGER = 0.5, 4.0
"""A box that lies in another one, by this share, which has this many times its area, is taken to be in front of it."""
AT_BORDER_PX, AT_BORDER = 1.0, 0.01
"""Distance from a border at which a box touches it: in px, or as a share of the shorter side where that is more."""
FEW = 10
"""Boxes without which nothing is said about how often a cause does harm."""


@dataclass(frozen=True, eq=False)
class Causes:
    """Of R rows; false and 0 for a row without a given box."""

    holds: dict[str, np.ndarray]
    """Cause -> (R,) bool, in the order of CAUSES."""
    overlapped: np.ndarray
    """(R,) in 0 .. 1: the largest share of the given box that lies in one other given box."""
    by: np.ndarray
    """(R,) int64, which given box that is; -1 for none."""
    smallness: np.ndarray
    """(R,) how many percent of the given boxes of its class are no larger, 0 .. 100, itself included."""
    fail_with: dict[str, float]
    """Cause -> share of the boxes with it that are not found as they are given, 0 .. 1; NaN for fewer than FEW."""
    fail_without: dict[str, float]

    def main(self) -> np.ndarray:
        """(R,) text: the cause that does the most harm to this model of those that hold; "" for none.

        A cause counts only where boxes with it fail more often than those without it, or where there are too few to
        tell.
        """
        result = np.full(len(self.overlapped), "", "U9")
        for cause in sorted(CAUSES, key=lambda name: (self._harm(name), -CAUSES.index(name))):
            if self._harm(cause) > 0:
                result[self.holds[cause]] = cause
        return result

    def _harm(self, cause: str) -> float:
        more = self.fail_with[cause] - self.fail_without[cause]
        return 1e-9 if np.isnan(more) else more


def causes(judgement: Judgement) -> Causes:
    """Of the given boxes of all rows."""
    rows = judgement.rows
    boxes, is_given = rows.given_boxes, rows.is_given
    side = size_px(boxes.xyxy)
    share, other = overlapped(boxes)
    in_all = percentile(np.where(boxes.is_ignored, np.nan, side))
    in_class = _share_no_larger(side, np.where(boxes.is_ignored, -1, boxes.label))
    area = areas(boxes.xyxy)
    is_in_front = (share >= INSIDE) & (area[other] >= LARGER * area) if len(boxes) else np.zeros(0, bool)
    of_boxes = {
        "occluded": (share >= OVERLAPPED) & ~is_in_front,
        "small": (side <= TINY_PX) | ((side < SMALL_PX) & (np.nan_to_num(in_all, nan=100) <= SMALLEST)),
    }
    holds = {name: values_at(values, rows.given, 0) for name, values in of_boxes.items()}
    holds["truncated"] = is_given & touched(judgement).any(axis=1)
    holds["crowded"] = is_given & (judgement.crowding >= CROWDED)
    failed = rows.type != RIGHT
    rates = {name: _rates(holds[name], failed, is_given) for name in CAUSES}
    return Causes(
        {name: holds[name] for name in CAUSES},
        values_at(share, rows.given, 0),
        values_at(other, rows.given, -1),
        values_at(in_class, rows.given, 0),
        {name: rate[0] for name, rate in rates.items()},
        {name: rate[1] for name, rate in rates.items()},
    )


def touched(judgement: Judgement) -> np.ndarray:
    """(R, 4) bool: whether the box of a row touches the left, top, right and bottom border of its image."""
    xyxy, size = judgement.rows.xyxy, judgement.image_size_px[judgement.rows.image]
    inside = np.concatenate([xyxy[:, :2], size - xyxy[:, 2:]], axis=1)
    near = np.maximum(AT_BORDER_PX, AT_BORDER * size.min(axis=1, initial=np.inf))
    return (inside <= near[:, None]) & np.all(size > 0, axis=1, keepdims=True)


def overlapped(boxes: GivenBoxes) -> tuple[np.ndarray, np.ndarray]:
    """(M,) the largest share of each box that lies in one other object of its image; (M,) which one, -1 for none."""
    share, other, area = np.zeros(len(boxes)), np.full(len(boxes), -1, np.int64), areas(boxes.xyxy)
    xyxy = boxes.xyxy
    objects = np.flatnonzero(~boxes.is_ignored)
    for a, b in pairs_by_key(boxes.image[objects], boxes.image[objects]):
        one, two = objects[a], objects[b]
        width = np.minimum(xyxy[one, 2], xyxy[two, 2]) - np.maximum(xyxy[one, 0], xyxy[two, 0])
        near = np.flatnonzero((width > 0) & (one != two))
        one, two, width = one[near], two[near], width[near]
        height = np.minimum(xyxy[one, 3], xyxy[two, 3]) - np.maximum(xyxy[one, 1], xyxy[two, 1])
        near = np.flatnonzero(height > 0)
        one, two = one[near], two[near]
        value = width[near] * height[near] / np.maximum(area[one], 1e-9)
        order = np.argsort(value, kind="stable")
        best, which = one[order], two[order]  # the last of a box, its largest share, stays
        better = value[order] > share[best]
        share[best[better]], other[best[better]] = value[order][better], which[better]
    return share, other


def _share_no_larger(side: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(M,) in 0 .. 100, among the boxes of the same label; NaN for a label below 0."""
    result = np.full(len(side), np.nan)
    for each in np.unique(label[label >= 0]).tolist():
        some = np.flatnonzero(label == each)
        result[some] = 100 * np.searchsorted(np.sort(side[some]), side[some], side="right") / len(some)
    return result


def _rates(holds: np.ndarray, failed: np.ndarray, is_given: np.ndarray) -> tuple[float, float]:
    some = [failed[is_given & holds], failed[is_given & ~holds]]
    has = min(len(one) for one in some) >= FEW
    return (float(some[0].mean()), float(some[1].mean())) if has else (np.nan, np.nan)
