"""The points inside a lasso."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def inside(x: np.ndarray, y: np.ndarray, points: Sequence[Sequence[float]]) -> np.ndarray:
    """Whether each point is inside the polygon, by the even-odd rule.

    x, y (N,) numbers; points V >= 3 pairs [x, y], closed by itself.
    Coordinates and vertices are rounded to float32, the crossing is computed in double: a browser that
    reads Float32Arrays, rounds its vertices by Math.fround and computes on gets the same bits.
    Returns (N,) bool; NaN is outside.
    """
    vertices = np.asarray(points, np.float32).astype(np.float64)  # (V, 2)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    x32, y32 = np.asarray(x, np.float32), np.asarray(y, np.float32)
    in_box = (x32 >= low[0]) & (x32 <= high[0]) & (y32 >= low[1]) & (y32 <= high[1])
    candidates = np.flatnonzero(in_box)
    is_inside = np.zeros(len(x32), bool)
    is_inside[candidates] = _crossed_odd(x32[candidates], y32[candidates], vertices)
    return is_inside


def _crossed_odd(x: np.ndarray, y: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    # Sorted by y, the points that an edge's span covers are one slice: the work is the number of
    # crossings, not points times edges.
    order = np.argsort(y)
    xs, ys = x[order].astype(np.float64), y[order].astype(np.float64)
    is_odd = np.zeros(len(x), bool)
    for (x1, y1), (x2, y2) in zip(vertices, np.roll(vertices, 1, axis=0), strict=True):
        first, last = np.searchsorted(ys, (min(y1, y2), max(y1, y2)))
        if last > first:
            crossing = (x2 - x1) * (ys[first:last] - y1) / (y2 - y1) + x1
            is_odd[first:last] ^= xs[first:last] < crossing
    answer = np.empty(len(x), bool)
    answer[order] = is_odd
    return answer
