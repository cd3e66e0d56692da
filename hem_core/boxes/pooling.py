"""From the numbers of an image's hypotheses to one score of the image, which a crowd does not win by its number."""

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
    top = _top3(image, severity)
    return _ratio(_sum(image[top], severity[top], n_images), np.bincount(image[top], minlength=n_images))


def pool_suspicion(image: np.ndarray, suspicion: np.ndarray, n_images: int, how: Pooling = "top3") -> np.ndarray:
    """How probable it is that an image is annotated wrongly: higher = more suspicious.

    image (R,) indices in 0 .. n_images - 1; suspicion (R,) in 0 .. 1, how probable it is of each hypothesis.
    "top3": that any of its three most suspicious hypotheses is wrong, 1 - the product of 1 - suspicion: a hypothesis
    more never makes an image less suspicious, and of many harmless ones three count. "softmax": as `pool`.
    Returns (n_images,) in 0 .. 1, 0 for an image without hypotheses. Raises DataError for another name.
    """
    if how != "top3":
        return pool(image, suspicion, n_images, how)
    top = _top3(image, suspicion)
    right = np.ones(n_images)
    np.multiply.at(right, image[top], 1 - suspicion[top])
    return 1 - right


def total(image: np.ndarray, severity: np.ndarray, n_images: int) -> np.ndarray:
    """Sum of the severities (n_images,), 0 or more: a column, not a score, since crowded images come first by it."""
    return _sum(image, severity, n_images)


def _top3(image: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Which of the R values are among the three greatest of their image."""
    order = np.lexsort((-values, image))
    ranked = image[order]
    return order[np.arange(len(image)) - np.searchsorted(ranked, ranked) < 3]


def _sum(image: np.ndarray, values: np.ndarray, n_images: int) -> np.ndarray:
    return np.bincount(image, weights=values, minlength=n_images)


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    return np.divide(over, under, out=np.zeros(len(over)), where=under > 0)
