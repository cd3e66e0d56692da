"""No model at all: raw outputs that a task found in columns of the catalog, and embeddings of the Parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from hem_core.models.predictions import embeddings_in, width_of_embeddings


@dataclass(frozen=True, eq=False)
class ColumnPredictions:
    """The raw outputs (N, W) float32 of every row, NaN where there is none; width is D, 0 without embeddings.

    path: the Parquet file of the embeddings; None where the data are in no such file. digest: of outputs that neither
    that file nor the catalog holds.
    """

    path: Path | None
    raw: np.ndarray
    width: int
    digest: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path | None, raw: np.ndarray, digest: str = "") -> ColumnPredictions:
        """With the width of the list column `embedding` of the file, where it has one."""
        has = path is not None and "embedding" in pq.read_schema(path).names
        return cls(path, raw, width_of_embeddings(path) if has and path is not None else 0, digest)

    @property
    def n_classes(self) -> int:
        """W."""
        return self.raw.shape[1]

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None, list[tuple[int, str]]]:
        """Rows start to stop: raw outputs (n, W), embeddings (n, D) or None, and the bad rows with the reason."""
        raw = self.raw[start:stop]
        bad = dict.fromkeys((start + np.flatnonzero(~np.isfinite(raw).all(axis=1))).tolist(), "there is no prediction")
        embeddings = None
        if self.path is not None and self.width:
            embeddings, more = embeddings_in(self.path, self.width, start, stop)
            bad = more | bad
        return np.nan_to_num(raw), embeddings, sorted(bad.items())
