"""The world of a synthetic run: classes with a long tail, their blobs on the map, and who looks like whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.media.synthetic import class_name

BLOBS = 3
"""At most so many blobs a class."""
ALIKE = 3.4
"""Distance between the blobs of two classes that look alike, in spreads."""


@dataclass(frozen=True, eq=False)
class World:
    """K classes with B blobs each, on a map in arbitrary units. A class without a third blob has a share of 0 there."""

    seed: int
    classes: Sequence[str]
    shares: np.ndarray
    """(K,) share of the examples in each class, the largest first."""
    partner: np.ndarray
    """(K,) int64: the class that each class is mistaken for most often."""
    centres: np.ndarray
    """(K, B, 2) float32."""
    blob_shares: np.ndarray
    """(K, B) share of a class in each of its blobs."""
    islands: np.ndarray
    """(K, 2): where the rare examples of a class lie, away from its blobs."""
    radius: float
    """Of the disc that holds all blobs; the spread of a blob is 1."""


def world(n_classes: int, seed: int) -> World:
    """The world of a seed; the same for any number of examples. n_classes: 2 to
    `media.synthetic.MOST_CLASSES`."""
    rng = np.random.default_rng((seed, n_classes))
    weights = 1 / np.arange(1, n_classes + 1) ** 0.9
    partner = np.arange(n_classes) ^ 1
    if n_classes % 2:
        partner[-1] = 0
    n_blobs = rng.integers(1, BLOBS + 1, n_classes)
    blob_weights = np.where(np.arange(BLOBS) < n_blobs[:, None], rng.uniform(0.4, 1, (n_classes, BLOBS)), 0)
    radius = 4.2 * np.sqrt(n_classes * BLOBS / 2)
    centres = _spread(rng, n_classes * BLOBS, radius).reshape(n_classes, BLOBS, 2)
    for one in range(1, n_classes, 2):  # the first blobs of two classes that look alike touch
        angle = rng.uniform(0, 2 * np.pi)
        centres[one, 0] = centres[one - 1, 0] + ALIKE * np.array([np.cos(angle), np.sin(angle)])
    islands = _around(rng, n_classes, radius * 1.12)
    return World(
        seed,
        [class_name(one) for one in range(n_classes)],
        weights / weights.sum(),
        partner,
        centres.astype(np.float32),
        blob_weights / blob_weights.sum(axis=1, keepdims=True),
        islands.astype(np.float32),
        float(radius),
    )


def _spread(rng: np.random.Generator, n: int, radius: float) -> np.ndarray:
    """n points in a disc, each the one of 30 draws that is farthest from those before it."""
    points = np.empty((n, 2))
    for place in range(n):
        angle, far = rng.uniform(0, 2 * np.pi, 30), radius * np.sqrt(rng.uniform(size=30))
        tried = np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)
        gaps = np.linalg.norm(tried[:, None] - points[None, :place], axis=2).min(axis=1, initial=np.inf)
        points[place] = tried[gaps.argmax()]
    return points


def _around(rng: np.random.Generator, n: int, radius: float) -> np.ndarray:
    """n points near a circle, in any order."""
    angle = 2 * np.pi * (rng.permutation(n) + rng.uniform(-0.3, 0.3, n)) / n
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
