"""Uniform flips: any label becomes any other with the same chance (symmetric noise)."""

import numpy as np

from benchmarks._flipped import another
from benchmarks.public._types import CleanRows

TITLE = "uniform"
REFERENCE = "symmetric noise, Angluin & Laird 1988, doi:10.1007/BF00116829"


def uniform(clean: CleanRows, rate: float, seed: int) -> np.ndarray:
    """round(rate · N) rows, drawn evenly, get another class, drawn evenly. Returns (N,) labels."""
    chance, labels = np.random.default_rng(seed), clean.labels.copy()
    rows = chance.permutation(len(labels))[: round(rate * len(labels))]
    labels[rows] = another(labels[rows], clean.n_classes, chance)
    return labels
