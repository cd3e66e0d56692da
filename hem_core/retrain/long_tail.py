"""When classes are so unequal that a retraining balances them."""

import numpy as np

IMBALANCED = 10
"""How many times as large as the smallest class the largest one is, from which a long tail is taken care of."""


def is_long_tailed(counts: np.ndarray) -> bool:
    """Whether the largest class is so many times the smallest; counts (K,): examples of each class that occurs."""
    return len(counts) > 1 and bool(counts.max() >= IMBALANCED * counts.min())
