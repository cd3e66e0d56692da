"""Confusions: how often a label is wrong, and what it becomes, depend on its class alone (asymmetric noise)."""

import numpy as np

from benchmarks.public._types import CleanRows
from benchmarks.public.noise._caps import caps

TITLE = "confusion"
REFERENCE = "class-dependent noise, Patrini et al. 2017, arXiv:1609.03683; its matrix is a weak model's confusions"


def confusion(clean: CleanRows, rate: float, seed: int) -> np.ndarray:
    """round(rate · N) rows, drawn evenly within their class; a pair of classes is as frequent as a weak model confuses
    them on average. Returns (N,) labels.

    Raises ValueError where the classes that the weak model confuses have fewer rows that may be wrong.
    """
    chance, labels = np.random.default_rng(seed), clean.labels
    matrix = np.stack([clean.weak_probs[labels == own].sum(axis=0) for own in range(clean.n_classes)])
    np.fill_diagonal(matrix, 0)  # (K, K): expected count of each confusion
    flips = _flips(matrix.sum(axis=1), np.bincount(labels, minlength=clean.n_classes), round(rate * len(labels)))
    flipped = labels.copy()
    for own, count in enumerate(flips):
        rows = chance.permutation(np.flatnonzero(labels == own))[:count]
        if count:
            flipped[rows] = chance.choice(clean.n_classes, count, p=matrix[own] / matrix[own].sum())
    return flipped


def _flips(weights: np.ndarray, sizes: np.ndarray, total: int) -> np.ndarray:
    """(K,) counts that sum to `total`, as `weights` as possible with none above what its class may have."""
    most = caps(np.where(weights > 0, sizes, 0), total)
    counts = np.zeros(len(sizes), np.int64)
    while counts.sum() < total:
        open_weights = np.where(counts < most, weights, 0)
        share = open_weights / open_weights.sum() * (total - counts.sum())
        more = np.minimum(np.floor(share).astype(np.int64), most - counts)
        if not more.any():
            more[np.argmax(share)] = 1
        counts += more
    return counts
