"""The data map as it stood after an epoch: the training dynamics of a level, cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from hem_core.store.damage import check, check_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hem_core.store.id_index import IdIndex
    from hem_core.store.level import Level

_BATCH = 65_536


def epochs_of(level: Level) -> int:
    """How many epochs were recorded; 0 for a level without training dynamics. Raises RunError for a damaged file."""
    path = level.home / "dynamics.parquet"
    if not path.exists() or not level.n:
        return 0
    check_columns(path, ["confidence"], np.array([0]))
    with pq.ParquetFile(path) as file:
        first = next(file.iter_batches(batch_size=1, columns=["confidence"]), None)
    return 0 if first is None or not len(first) else len(first.column(0)[0])


def data_map_after(level: Level, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """What the scores `variability` and `confidence_mean` were after the first epochs of the training.

    epoch: how many epochs count, 1 .. `epochs_of(level)`. Returns two arrays (N,) float32 in the order of the level's
    rows, NaN where an example was not seen by then. After the last epoch they are the columns of the run.
    Raises RunError when the file of the dynamics cannot be read.
    """
    path = level.home / "dynamics.parquet"
    check(path)
    ids = level.table(["id"])["id"].to_numpy()
    row_of: IdIndex | None = None
    wavering, lacking = (np.full(level.n, np.nan, np.float32) for _ in range(2))
    start = 0
    for names, confidences in _batches(path, epoch):
        rows = np.arange(start, start + len(names))
        if rows[-1] >= level.n or not np.array_equal(ids[rows], names):
            # The recording has another order, or rows of its own.
            row_of = row_of or level.id_index()
            rows = row_of.get_indexer(names.tolist())
        is_ours = rows >= 0
        spread, lack = _spread_and_lack(confidences[is_ours])
        wavering[rows[is_ours]], lacking[rows[is_ours]] = spread, lack
        start += len(names)
    return wavering, lacking


def _spread_and_lack(confidences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M, E) -> the standard deviation and 1 − the mean over the epochs that were seen, (M,) each."""
    is_seen = ~np.isnan(confidences)
    counts = is_seen.sum(axis=1)
    with np.errstate(invalid="ignore"):
        means = np.where(is_seen, confidences, 0).sum(axis=1) / counts  # 0 / 0 = NaN: never seen
        squares = np.where(is_seen, (confidences - means[:, None]) ** 2, 0).sum(axis=1) / counts
    return np.sqrt(squares), 1 - means


def _batches(path: Path, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The ids of a part of the file, and their confidences in the first epochs, (M, epoch) float64."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH, columns=["id", "confidence"]):
            lists = batch.column("confidence")
            flat = lists.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
            yield batch.column("id").to_numpy(zero_copy_only=False), flat.reshape(len(lists), -1)[:, :epoch]
