"""Training dynamics as three matrices, and as the table `dynamics.parquet`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

COLUMNS = ("confidence", "margin", "is_correct")
LOSS = "loss"
"""The column of the losses, where they were recorded."""
FORMAT_VERSION = b"1"
ROUNDS = b"hem_are_rounds"
"""In the metadata of a file whose epochs are rounds of boosting."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The dynamics of N examples in E epochs; NaN where an example was not seen in an epoch."""

    ids: Sequence[str]
    """N unique ids, the only key."""
    confidences: NDArray[np.float32]
    """(N, E) probability of the given label."""
    margins: NDArray[np.float32]
    """(N, E) largest other logit minus the given label's logit."""
    hits: NDArray[np.float32]
    """(N, E): 1 where the prediction was the label, 0 where not."""
    targets: Sequence[int | str | None] | None = None
    """N labels that the training had, class indices or names, None where unknown; None where no target is known.

    They tell whether an id still means the same example, see `hem_core.dynamics.match`.
    """
    hashes: Sequence[str | None] | None = None
    """N content hashes, where the training logged them."""
    losses: NDArray[np.float32] | None = None
    """(N, E) the loss in each epoch, in the unit of whoever recorded it; None where none was."""
    are_rounds: bool = False
    """Whether the epochs are rounds of boosting, each an ensemble of its own; see `hem_core.dynamics.window`."""

    def __post_init__(self) -> None:
        for name in ("confidences", "margins", "hits"):
            shape = getattr(self, name).shape
            if shape != (len(self.ids), *self.hits.shape[1:]) or len(shape) != 2:
                raise ValueError(f"'{name}' has shape {shape}; there are {len(self.ids)} ids")
        for name in ("targets", "hashes", "losses"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.ids):
                raise ValueError(f"there are {len(values)} {name} and {len(self.ids)} ids")

    @property
    def n_epochs(self) -> int:
        """E, the number of recorded epochs."""
        return self.hits.shape[1]

    def align(self, ids: Sequence[str]) -> Dynamics:
        """The same dynamics with the rows of these ids in this order; NaN for ids that were never seen."""
        index_of = {id: index for index, id in enumerate(self.ids)}
        rows = np.array([index_of.get(id, -1) for id in ids], dtype=np.int64)
        is_recorded = (rows >= 0)[:, None]  # (M, 1)

        def taken(values: NDArray[np.float32]) -> NDArray[np.float32]:
            padded = np.vstack([values, np.full((1, self.n_epochs), np.nan, np.float32)])
            return np.where(is_recorded, padded[rows], np.float32(np.nan))  # (N, E) -> (M, E)

        def named(values: Sequence[Any] | None) -> list[Any] | None:
            return None if values is None else [values[row] if row >= 0 else None for row in rows.tolist()]

        aligned = [taken(values) for values in (self.confidences, self.margins, self.hits)]
        losses = taken(self.losses) if self.losses is not None else None
        return replace(
            self,
            ids=list(ids),
            confidences=aligned[0],
            margins=aligned[1],
            hits=aligned[2],
            targets=named(self.targets),
            hashes=named(self.hashes),
            losses=losses,
        )


def to_table(dynamics: Dynamics) -> pa.Table:
    """One row an example: `id`, and lists over the epochs `confidence`, `margin`, `is_correct`; null = not seen.

    Where they are known, a list `loss`, `target` and `content_hash`.
    """
    lists = {
        "confidence": _lists(dynamics.confidences, pa.float32()),
        "margin": _lists(dynamics.margins, pa.float32()),
        "is_correct": _lists(dynamics.hits, pa.bool_()),
    }
    if dynamics.losses is not None:
        lists[LOSS] = _lists(dynamics.losses, pa.float32())
    columns = {"target": dynamics.targets, "content_hash": dynamics.hashes}
    columns = {name: pa.array(list(values)) for name, values in columns.items() if values is not None}
    table = pa.table({"id": pa.array(list(dynamics.ids), pa.string()), **lists, **columns})
    return table.replace_schema_metadata(metadata(are_rounds=dynamics.are_rounds))


def metadata(*, are_rounds: bool) -> dict[bytes, bytes]:
    """What a file of dynamics says of itself."""
    return {b"hem_format_version": FORMAT_VERSION} | ({ROUNDS: b"true"} if are_rounds else {})


def write(dynamics: Dynamics, path: str | Path) -> Path:
    """Write `to_table(dynamics)` as a Parquet file: under a temporary name, fsynced, renamed."""
    return write_parquet(to_table(dynamics), Path(path))


def write_parquet(table: pa.Table, path: Path, *, durable: bool = True) -> Path:
    """Write a table so that `path` is never half a file; not durable = safe from a kill, not from a power cut."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        pq.write_table(table, file, compression="zstd")
        if durable:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
    if durable:
        _sync_folder(path.parent)
    return path


def read_parquet(path: Path) -> pa.Table:
    """The table of one file; unlike `pq.read_table` it makes no columns of a folder named `x=1`."""
    with pq.ParquetFile(path) as file:
        return file.read()


def _lists(values: NDArray[np.float32], element: pa.DataType) -> pa.ListArray:
    n, n_epochs = values.shape
    flat = values.reshape(n * n_epochs)
    seen = ~np.isnan(flat)
    elements = pa.array(flat, mask=~seen).cast(element)
    return pa.ListArray.from_arrays(np.arange(n + 1, dtype=np.int32) * n_epochs, elements)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; not every platform can open folders."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
