"""How many labels of each class may be made wrong, so that most of them stay right."""

import numpy as np

MOST = 0.4
"""Share of a class that is flipped at most, so that it stays its label's majority."""


def caps(sizes: np.ndarray, total: int) -> np.ndarray:
    """(K,) int64: MOST of each class, rounded down, but one of a class of two; sizes (K,).

    Raises ValueError where these are fewer than `total`.
    """
    most = np.maximum(np.floor(MOST * sizes), sizes == 2).astype(np.int64)
    if most.sum() < total:
        raise ValueError(
            f"{total} wrong labels were asked for, and the classes take {most.sum()} at {MOST:.0%} of each; lower the "
            "rate, or give more rows"
        )
    return most
