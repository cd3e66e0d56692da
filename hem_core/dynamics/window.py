"""The number of early epochs that separate hard examples from memorised ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def window(hits: NDArray[np.float32], accuracy: float = 0.7) -> int:
    """Number of epochs up to and with the first in which the training accuracy reached `accuracy`.

    hits (N, E): 1 = right, 0 = wrong, NaN = not seen in that epoch, skipped; accuracy in 0 .. 1.
    Returns epochs in 0 .. E: all of them when none reached it, 0 only when there are none.
    Reference: clean and wrong labels differ in the early epochs, Liu et al. 2020, arXiv:2007.00151.
    """
    seen = ~np.isnan(hits)
    right = np.where(seen, hits, 0).sum(axis=0)
    reached = right >= accuracy * np.maximum(seen.sum(axis=0), 1)  # (N, E) -> (E,)
    return int(reached.argmax()) + 1 if reached.any() else hits.shape[1]
