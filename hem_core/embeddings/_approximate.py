"""Approximate search with pynndescent, for more rows than the exact search likes."""

import warnings

import numpy as np

from hem_core.embeddings._threads import one_thread


def likely_rows(units: np.ndarray, width: int, seed: int) -> np.ndarray:
    """Rows that are probably the nearest, the row itself among them.

    units (N, D) float32 of length 1 or 0; width at least 2 and at most N.
    Returns (N, width) int64; -1 where nothing was found.
    """
    from pynndescent import NNDescent

    with one_thread(), warnings.catch_warnings():
        # Rows with places left empty are searched again by the caller.
        warnings.filterwarnings("ignore", message="Failed to correctly find n_neighbors")
        # n_jobs=1: the seed fixes the result only for a given number of threads (1.7 times the time of two).
        index = NNDescent(units, metric="cosine", n_neighbors=width, random_state=seed, n_jobs=1)
        rows, _ = index.neighbor_graph  # type: ignore[misc]
    return np.asarray(rows, np.int64)
