"""Rows of length 1, the form in which directions are compared."""

import numpy as np

from hem_core.errors import HemError

_BLOCK = 65_536


def unit_rows(embeddings: np.ndarray) -> np.ndarray:
    """Each row divided by its length; a row of zeros stays zeros.

    embeddings (N, D) of any float or integer type, also memory-mapped: read block by block.
    Returns (N, D) float32, C order; rows that were equal are equal.
    Raises HemError when it is not a table with at least one column, or a row is not finite.
    """
    if embeddings.ndim != 2 or embeddings.shape[1] == 0:
        raise HemError(f"embeddings must be (N, D) with D at least 1; these have shape {embeddings.shape}")
    units = np.empty(embeddings.shape, np.float32)
    for start in range(0, len(embeddings), _BLOCK):
        block = np.asarray(embeddings[start : start + _BLOCK], np.float64)  # (B, D)
        _refuse_not_finite(block, start)
        # The largest entry goes out first: squares of very long or very short rows leave float range.
        block = block / _one_for_zero(np.abs(block).max(axis=1, keepdims=True))
        length = np.sqrt(np.square(block).sum(axis=1, keepdims=True))  # (B, 1)
        units[start : start + _BLOCK] = block / _one_for_zero(length)
    return np.add(units, np.float32(0), out=units)  # -0 becomes 0, so that equal rows are equal bytes


def _refuse_not_finite(block: np.ndarray, start: int) -> None:
    bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
    if len(bad):
        raise HemError(
            f"embeddings must be finite; row {start + bad[0]} has a NaN or an infinite value: "
            "remove that example, or look for an overflow (float16 ends at 65504)"
        )


def _one_for_zero(lengths: np.ndarray) -> np.ndarray:
    return np.where(lengths == 0, 1.0, lengths)
