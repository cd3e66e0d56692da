"""The geometry of boxes: formats, areas, clipping, overlap, the distance to the border."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hem_core.errors import DataError

BoxFormat = Literal["xyxy", "xywh", "cxcywh_normalised"]
FORMATS: tuple[BoxFormat, ...] = ("xyxy", "xywh", "cxcywh_normalised")
"""Left, top, right, bottom in px; left, top, width, height in px (COCO); centre, width, height of 0 .. 1 (YOLO)."""


def to_xyxy(boxes: np.ndarray, box_format: BoxFormat, size_px: np.ndarray | None = None) -> np.ndarray:
    """Corners of boxes in another format.

    boxes (M, 4); size_px (M, 2), width and height of each box's image, for "cxcywh_normalised" only.
    Returns (M, 4) float64: left, top, right, bottom in px. Raises DataError for an unknown format.
    """
    _check(box_format)
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    if box_format == "xyxy":
        return boxes.copy()
    start, size = boxes[:, :2], boxes[:, 2:]
    if box_format == "cxcywh_normalised":
        scale = np.ones((len(boxes), 2)) if size_px is None else np.asarray(size_px, np.float64)
        start, size = (start - size / 2) * scale, size * scale
    return np.concatenate([start, start + size], axis=1)  # (M, 4)


def from_xyxy(xyxy: np.ndarray, box_format: BoxFormat, size_px: np.ndarray | None = None) -> np.ndarray:
    """The inverse of `to_xyxy`, with the same shapes and errors."""
    _check(box_format)
    xyxy = np.asarray(xyxy, np.float64).reshape(-1, 4)
    if box_format == "xyxy":
        return xyxy.copy()
    start, size = xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]
    if box_format == "cxcywh_normalised":
        scale = np.ones((len(xyxy), 2)) if size_px is None else np.asarray(size_px, np.float64)
        start, size = (start + size / 2) / scale, size / scale
    return np.concatenate([start, size], axis=1)  # (M, 4)


def areas(xyxy: np.ndarray) -> np.ndarray:
    """Area of each box in px². xyxy (M, 4). Returns (M,) float64, 0 for a degenerate box."""
    size = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return size[:, 0] * size[:, 1]


def is_degenerate(xyxy: np.ndarray) -> np.ndarray:
    """Whether a box has no width or no height. xyxy (M, 4). Returns (M,) bool."""
    return np.any(xyxy[:, 2:] <= xyxy[:, :2], axis=1)


def is_beyond(xyxy: np.ndarray, size_px: np.ndarray, tolerance_px: float = 0.5) -> np.ndarray:
    """Whether a box leaves its image by more than the tolerance.

    xyxy (M, 4); size_px (M, 2), width and height, 0 where it is unknown. Returns (M,) bool.
    """
    outside = (xyxy[:, :2] < -tolerance_px) | (xyxy[:, 2:] > size_px + tolerance_px)
    return np.any(outside & (size_px > 0), axis=1)


def clip(xyxy: np.ndarray, size_px: np.ndarray) -> np.ndarray:
    """Boxes cut to their images. xyxy (M, 4); size_px (M, 2). Returns (M, 4); a box outside gets no area."""
    return np.clip(xyxy, 0, np.concatenate([size_px, size_px], axis=1))


def border_distance(xyxy: np.ndarray, size_px: np.ndarray) -> np.ndarray:
    """Distance from a box to the nearest border of its image in px.

    xyxy (M, 4); size_px (M, 2), 0 where it is unknown. Returns (M,) float64: 0 where the box touches the border, below
    0 where it crosses it, NaN where the size of the image is unknown.
    """
    inside = np.concatenate([xyxy[:, :2], size_px - xyxy[:, 2:]], axis=1)
    return np.where((size_px > 0).all(axis=1), inside.min(axis=1, initial=np.inf), np.nan)


def iou(one: np.ndarray, other: np.ndarray, is_crowd: np.ndarray | None = None) -> np.ndarray:
    """Intersection over union of boxes, row by row; over the area of `one` alone where `is_crowd`, as COCO does.

    one and other (Q, 4) xyxy; is_crowd (Q,) bool says that `other` is a region of many objects.
    Returns (Q,) float64 in 0 .. 1; 0 for a degenerate box.
    """
    size = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    shared = np.where((size > 0).all(axis=1), size[:, 0] * size[:, 1], 0.0)
    area = areas(one)
    union = area + areas(other) - shared
    if is_crowd is not None:
        union = np.where(is_crowd, area, union)
    return np.divide(shared, union, out=np.zeros(len(shared)), where=shared > 0)


def _check(box_format: str) -> None:
    if box_format not in FORMATS:
        raise DataError(f"no box format '{box_format}'; there are: {', '.join(FORMATS)}")
