"""No model at all: raw outputs that a task found in columns of the catalog, and embeddings in lists beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.models.predictions import embeddings_in, width_of_embeddings


@dataclass(frozen=True, eq=False)
class ColumnPredictions:
    """The raw outputs (N, W) float32 of every row, NaN where there is none; width is D, 0 without embeddings.

    path: the Parquet file of the data; None where they are in no such file. digest: of outputs and embeddings that
    neither that file nor the catalog holds. embeddings: a table with the list column `embedding`, N rows; None where
    there are none, or the file has them.
    """

    path: Path | None
    raw: np.ndarray
    width: int
    digest: str = ""
    notes: tuple[str, ...] = ()
    embeddings: pa.Table | None = None

    @classmethod
    def of(
        cls, path: Path | None, raw: np.ndarray, digest: str = "", embeddings: pa.Table | None = None
    ) -> ColumnPredictions:
        """With the width of the embeddings: those given, else the list column `embedding` of the file."""
        has = path is not None and "embedding" in pq.read_schema(path).names
        source = embeddings if embeddings is not None else path if has else None
        width = width_of_embeddings(source) if source is not None else 0
        return cls(path, raw, width, digest, embeddings=embeddings)

    @property
    def n_classes(self) -> int:
        """W."""
        return self.raw.shape[1]

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None, list[tuple[int, str]]]:
        """Rows start to stop: raw outputs (n, W), embeddings (n, D) or None, and the bad rows with the reason."""
        raw = self.raw[start:stop]
        bad = dict.fromkeys((start + np.flatnonzero(~np.isfinite(raw).all(axis=1))).tolist(), "there is no prediction")
        embeddings = None
        source = self.path if self.embeddings is None else self.embeddings
        if source is not None and self.width:
            embeddings, more = embeddings_in(source, self.width, start, stop)
            bad = more | bad
        return np.nan_to_num(raw), embeddings, sorted(bad.items())
