"""Instance-dependent noise by random directions: the rate differs by row, and a row's parts say what it becomes."""

import numpy as np
from scipy.stats import truncnorm

from benchmarks.public._types import CleanRows

TITLE = "part-dependent"
REFERENCE = "Xia et al. 2020, arXiv:2006.07836, algorithm 2, as in the authors' code; on standardised embeddings"
MIN_CLASSES = 3
"""With two there is one other class, and nothing left that depends on the row."""
SPREAD = 0.1


def part_dependent(clean: CleanRows, rate: float, seed: int) -> np.ndarray:
    """Each row has a rate of its own, from a normal of mean `rate` and deviation .1 cut to 0 .. 1; its new class is
    drawn by the softmax of its embedding times a random matrix of its class. Returns (N,) labels.

    Unlike there, exactly round(rate · N) rows are drawn by these rates: cut at 0, their mean would be .14 for .10.
    """
    chance, n = np.random.default_rng(seed), len(clean.labels)
    rates = truncnorm.rvs(-rate / SPREAD, (1 - rate) / SPREAD, loc=rate, scale=SPREAD, size=n, random_state=chance)
    whole = clean.embeddings.astype(np.float64)
    scaled = (whole - whole.mean(axis=0)) / np.maximum(whole.std(axis=0), 1e-6)
    labels = clean.labels.copy()
    for row in chance.choice(n, round(rate * n), replace=False, p=rates / rates.sum()):
        labels[row] = _another(scaled[row], clean, clean.labels[row], seed, chance)
    return labels


def _another(parts: np.ndarray, clean: CleanRows, own: int, seed: int, chance: np.random.Generator) -> int:
    """The new class of one row of class `own`; parts (D,)."""
    directions = np.random.default_rng([seed, int(own)]).normal(size=(len(parts), clean.n_classes))
    leaning = parts @ directions  # (K,)
    leaning[own] = -np.inf
    probs = np.exp(leaning - leaning.max())
    return int(chance.choice(clean.n_classes, p=probs / probs.sum()))
