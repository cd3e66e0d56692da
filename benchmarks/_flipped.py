"""Uniform flips of labels."""

from __future__ import annotations

import numpy as np


def another(labels: np.ndarray, n_classes: int, chance: np.random.Generator) -> np.ndarray:
    """For each label (n,) int64 in [0, n_classes) a class that is not it, every other one with the same chance."""
    return (labels + chance.integers(1, n_classes, len(labels))) % n_classes
