"""Where to cut an image so that a false positive on background is inside and no given box is."""

from __future__ import annotations

import numpy as np

CONTEXT = 2.0
"""Sides of a crop, over those of the false positive."""
LEAST_PX = 64


def background_crop(
    box: np.ndarray, given: np.ndarray, size_px: tuple[float, float]
) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom in px of a crop around a box without any part of a given one; None where none can be.

    box (4,) and given (M, 4): left, top, right, bottom in px; size_px: width and height of the image. The crop has
    twice the sides of the box and at least 64 px, less where the image ends or a given box begins.
    """
    limits = np.array([*size_px, *size_px])
    left, top, right, bottom = np.clip(box, 0, limits)
    middle, half = np.array([left + right, top + bottom]) / 2, np.array([right - left, bottom - top]) * CONTEXT / 2
    half = np.maximum(half, LEAST_PX / 2)
    crop = np.clip(np.concatenate([middle - half, middle + half]), 0, limits)
    for other in given:
        if not _overlap(crop, other):
            continue
        ways = [
            np.array([other[2], crop[1], crop[2], crop[3]]),
            np.array([crop[0], other[3], crop[2], crop[3]]),
            np.array([crop[0], crop[1], other[0], crop[3]]),
            np.array([crop[0], crop[1], crop[2], other[1]]),
        ]
        holding = [way for way in ways if (way[:2] <= (left, top)).all() and (way[2:] >= (right, bottom)).all()]
        if not holding:
            return None
        crop = max(holding, key=lambda way: (way[2] - way[0]) * (way[3] - way[1]))
    inner = np.concatenate([np.ceil(crop[:2]), np.floor(crop[2:])]).astype(int)
    return tuple(inner.tolist()) if (inner[2:] > inner[:2]).all() else None


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())
