"""From the severities of an image's hypotheses to one score of the image, which a crowd does not win by its number."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hem_core.errors import DataError

Pooling = Literal["top3", "softmax"]
POOLS: tuple[Pooling, ...] = ("top3", "softmax")
TEMPERATURE = 0.1


def pool(image: np.ndarray, severity: np.ndarray, n_images: int, how: Pooling = "top3") -> np.ndarray:
    """One score an image: higher = harder.

    image (R,) indices in 0 .. n_images - 1; severity (R,) in 0 .. 1.
    "top3": mean of the three most severe hypotheses, or of all where there are fewer. "softmax": mean weighted by
    softmax(severity / 0.1), near the maximum. Returns (n_images,) in 0 .. 1, 0 for an image without hypotheses.
    Raises DataError for another name.
    """
    if how not in POOLS:
        raise DataError(f"no pool '{how}'; there are: {', '.join(POOLS)}")
    if how == "softmax":
        weight = np.exp((severity - 1) / TEMPERATURE)
        return _ratio(_sum(image, weight * severity, n_images), _sum(image, weight, n_images))
    order = np.lexsort((-severity, image))
    ranked = image[order]
    top = order[np.arange(len(image)) - np.searchsorted(ranked, ranked) < 3]
    return _ratio(_sum(image[top], severity[top], n_images), np.bincount(image[top], minlength=n_images))


def total(image: np.ndarray, severity: np.ndarray, n_images: int) -> np.ndarray:
    """Sum of the severities (n_images,), 0 or more: a column, not a score, since crowded images come first by it."""
    return _sum(image, severity, n_images)


def _sum(image: np.ndarray, values: np.ndarray, n_images: int) -> np.ndarray:
    return np.bincount(image, weights=values, minlength=n_images)


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    return np.divide(over, under, out=np.zeros(len(over)), where=under > 0)
