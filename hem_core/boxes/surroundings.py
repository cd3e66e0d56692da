"""What may make a box hard without being an error: its size, shape, neighbours and distance to the border."""

from __future__ import annotations

import numpy as np

from hem_core.boxes.arrays import GivenBoxes
from hem_core.boxes.average_precision import AREAS
from hem_core.boxes.geometry import iou
from hem_core.boxes.overlaps import pairs_by_key

BUCKETS = ("small", "medium", "large")


def size_px(xyxy: np.ndarray) -> np.ndarray:
    """Side of the square of the same area in px. xyxy (R, 4). Returns (R,)."""
    size = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return np.sqrt(size[:, 0] * size[:, 1])


def size_bucket(area_px: np.ndarray) -> np.ndarray:
    """COCO's bucket of size: small below 32², medium below 96², large from there. area_px (R,). Returns (R,) text."""
    edges = [AREAS[name][1] for name in BUCKETS[:-1]]
    return np.asarray(BUCKETS)[np.searchsorted(edges, area_px, side="right")]


def aspect(xyxy: np.ndarray) -> np.ndarray:
    """Width over height. xyxy (R, 4). Returns (R,) > 0; NaN for a degenerate box."""
    size = xyxy[:, 2:] - xyxy[:, :2]
    return np.divide(size[:, 0], size[:, 1], out=np.full(len(xyxy), np.nan), where=(size > 0).all(axis=1))


def crowding(
    image: np.ndarray, xyxy: np.ndarray, given: GivenBoxes, *, own: np.ndarray | None = None, least: float = 0.1
) -> np.ndarray:
    """How many other given boxes are near: IoU of at least `least`, or the centre within one diagonal of the box.

    image (R,) and xyxy (R, 4): the boxes that are asked about; own (R,): the index of each among the given boxes, which
    is not counted, -1 for none. Returns (R,) int64.
    """
    result = np.zeros(len(image), np.int64)
    own = np.full(len(image), -1) if own is None else own
    diagonal = np.hypot(*(xyxy[:, 2:] - xyxy[:, :2]).T)
    centres, centre = (given.xyxy[:, :2] + given.xyxy[:, 2:]) / 2, (xyxy[:, :2] + xyxy[:, 2:]) / 2
    for ours, theirs in pairs_by_key(image, given.image):
        near = np.hypot(*(centre[ours] - centres[theirs]).T) <= diagonal[ours]
        far = np.flatnonzero(~near)
        near[far] = iou(xyxy[ours[far]], given.xyxy[theirs[far]]) >= least
        result += np.bincount(ours[near & (theirs != own[ours])], minlength=len(image))
    return result
