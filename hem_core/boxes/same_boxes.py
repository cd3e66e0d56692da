"""Which rows of two runs over the same images are the same box."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.columns import SIDES
from hem_core.boxes.overlaps import overlaps

LEAST = 0.5
"""IoU from which predictions of one class in two runs are the same false positive."""
COLUMNS = ("id", "example", "given", "predicted", *(f"predicted_{side}" for side in SIDES))


def same_boxes(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[tuple[int, int]]:
    """Rows (before, after) of the level `boxes` that are the same box, each row once at most.

    A given box is itself by its id. Of unpaired predictions those of one image and class with the highest IoU, at least
    .5, are the same, as greedily as matching is; the others have no counterpart.
    before, after: columns `COLUMNS` of the two levels.
    """
    is_given = [
        np.array([value is not None and value == value for value in each["given"]], bool) for each in (before, after)
    ]
    place = {id: row for row, id in enumerate(after["id"]) if is_given[1][row]}
    found = [(row, place[id]) for row, id in enumerate(before["id"]) if is_given[0][row] and id in place]
    rows = [np.flatnonzero(~each) for each in is_given]
    return found + _alike(before, after, *rows)


def _alike(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], ours: np.ndarray, theirs: np.ndarray
) -> list[tuple[int, int]]:
    """Pairs of unpaired predictions, rows `ours` before and `theirs` after, the highest IoU first."""
    images, labels = (
        np.unique([*map(str, before[name][ours]), *map(str, after[name][theirs])], return_inverse=True)[1]
        for name in ("example", "predicted")
    )
    n = len(ours)
    first = given_boxes(images[:n], labels[:n], _corners(before, ours))
    second = predicted_boxes(images[n:], labels[n:], _corners(after, theirs), np.ones(len(theirs)))
    pairs = overlaps(first, second, least=LEAST, right_class_only=True)
    taken: tuple[set[int], set[int]] = (set(), set())
    found = []
    for at in np.argsort(-pairs.iou, kind="stable").tolist():
        one, other = int(pairs.given[at]), int(pairs.predicted[at])
        if one not in taken[0] and other not in taken[1]:
            taken[0].add(one)
            taken[1].add(other)
            found.append((int(ours[one]), int(theirs[other])))
    return found


def _corners(table: Mapping[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    return np.stack([np.asarray(table[f"predicted_{side}"], np.float64)[rows] for side in SIDES], axis=1)
