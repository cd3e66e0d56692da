"""The nearest rows of a row in the embedding, by exact search, block after block of the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hem_core.store.mapped import load_npy

BLOCK = 65_536
"""Rows that are multiplied at once: 16 MB of float32 at a width of 64."""


def has_embeddings(home: Path) -> bool:
    """Whether a level whose files lie in `home` has an embedding."""
    return any((home / "embeddings").glob("*.npy"))


def distances_to(home: Path, sought: int | np.ndarray) -> np.ndarray:
    """The cosine distance of every row to one of them, or to a vector (D,): (N,) float32 in 0 .. 2; NaN without a
    finite embedding.

    A row of zeros has no direction: its distance is 1. Raises IndexError for a row that the files have not.
    """
    files = [load_npy(path) for path in sorted((home / "embeddings").glob("*.npy"))]
    vector = sought.astype(np.float32) if isinstance(sought, np.ndarray) else _row(files, sought)
    to = _direction(vector[None])[0]
    return np.concatenate([1 - _direction(block) @ to for block in _blocks(files)])


def nearest(distances: np.ndarray, k: int, allowed: np.ndarray | None = None) -> np.ndarray:
    """The k rows with the smallest distances, the nearest first, ties by row; (min(k, allowed),) int64.

    distances (N,), NaN is never near; allowed (N,) bool: which rows there are to choose from.
    """
    known = np.where(np.isnan(distances), np.inf, distances)
    if allowed is not None:
        known = np.where(allowed, known, np.inf)
    k = min(k, int(np.isfinite(known).sum()))
    if not k:
        return np.empty(0, np.int64)
    limit = np.partition(known, k - 1)[k - 1]
    rows = np.flatnonzero(known <= limit)
    return rows[np.argsort(known[rows], kind="stable")][:k].astype(np.int64)


def directions(home: Path, rows: np.ndarray) -> np.ndarray:
    """The embeddings of some rows, each scaled to length 1: (n, D) float32; NaN where one is not finite.

    Raises IndexError for a row that the files have not.
    """
    files = [load_npy(path) for path in sorted((home / "embeddings").glob("*.npy"))]
    ends = np.cumsum([len(part) for part in files])
    if len(rows) and not 0 <= rows.min() <= rows.max() < ends[-1]:
        raise IndexError(int(rows.max()))
    found = np.empty((len(rows), files[0].shape[1]), np.float32)
    of_file = np.searchsorted(ends, rows, side="right")
    for at in np.unique(of_file).tolist():
        found[of_file == at] = files[at][rows[of_file == at] - (ends[at - 1] if at else 0)]
    return _direction(found)


def _row(files: Sequence[np.ndarray], row: int) -> np.ndarray:
    for part in files:
        if row < len(part):
            return np.asarray(part[row], np.float32)
        row -= len(part)
    raise IndexError(row)


def _blocks(files: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    for part in files:
        for start in range(0, len(part), BLOCK):
            yield np.asarray(part[start : start + BLOCK], np.float32)


def _direction(rows: np.ndarray) -> np.ndarray:
    """Rows (B, D) float32 of length 1; those without a length stay zeros."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    if not np.isfinite(largest).all() or (largest > 1e15).any():
        scale = np.where(largest == 0, 1, np.where(np.isfinite(largest), largest, np.nan))
        rows = rows / scale  # (B, D), so that squares stay finite
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    return rows / np.where(length == 0, 1, length)
