"""No model at all: logits or probabilities that were made elsewhere, in a Parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import DataError

TOLERANCE = 0.02
"""How far from 1 a row of probabilities may sum, as rounded ones do; it is scaled to 1."""


@dataclass(frozen=True)
class Predictions:
    """Reads rows of `logits` or `probs` (lists of K floats) and `embedding` (lists of D floats) by position.

    n_classes is K, width is D (0 without embeddings). Only the row groups that are asked for are read.
    """

    path: Path
    column: str
    n_classes: int
    width: int

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None, list[tuple[int, str]]]:
        """Rows start to stop: logits (n, K) float32, embeddings (n, D) or None, and the bad rows with the reason.

        Bad rows hold zeros. Probabilities become logits by their logarithm; a row of them must sum to 1.
        """
        columns = [self.column] + (["embedding"] if self.width else [])
        table = _rows(self.path, columns, start, stop)
        values, bad = _matrix(table[self.column], self.n_classes, self.column, start)
        if self.column == "probs":
            sums = values.sum(axis=1)
            wrong = (np.abs(sums - 1) > TOLERANCE) | (values.min(axis=1) < 0)
            said = {start + int(i): f"probs sum to {sums[i]:.3g}, not to 1" for i in np.flatnonzero(wrong)}
            bad = said | bad
            values = values / np.maximum(sums, TOLERANCE)[:, None]
            values = np.log(np.maximum(values, np.finfo(np.float32).tiny))
        embeddings = None
        if self.width:
            embeddings, more = _matrix(table["embedding"], self.width, "embedding", start)
            bad = more | bad
        return values, embeddings, sorted(bad.items())


def open_predictions(path: Path) -> Predictions | None:
    """The predictions in a Parquet file, or None when it has neither `logits` nor `probs`.

    Raises DataError when the columns are not lists of numbers, or both are there and it is unclear which counts.
    """
    schema = pq.read_schema(path)
    found = [name for name in ("logits", "probs") if name in schema.names]
    if not found:
        return None
    if len(found) == 2:
        raise DataError(f"'{path}' has both logits and probs; keep one, so that it is clear which is scored")
    n_classes = _length(path, found[0])
    if found == ["logits"] and _are_probabilities(path):
        raise DataError(
            f"'logits' in '{path}' sum to 1 and are never negative: these are probabilities; call the column 'probs'"
        )
    return Predictions(path, found[0], n_classes, _length(path, "embedding") if "embedding" in schema.names else 0)


def _are_probabilities(path: Path) -> bool:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=100, columns=["logits"]):
        rows = [row for row in batch.column(0).to_pylist() if row and None not in row]
        return bool(rows) and all(min(row) >= 0 and abs(sum(row) - 1) < 1e-3 for row in rows)
    return False


def _length(path: Path, column: str) -> int:
    for batch in pq.ParquetFile(path).iter_batches(columns=[column]):
        array = batch.column(0)
        if not _is_list_of_numbers(array.type):
            raise DataError(f"'{column}' in '{path}' must be a list of floats; it is {array.type}")
        for value in array:
            if value.as_py():
                return len(value.as_py())
    raise DataError(f"'{column}' in '{path}' is empty in every row")


def _is_list_of_numbers(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _rows(path: Path, columns: list[str], start: int, stop: int) -> pa.Table:
    file, pieces, first = pq.ParquetFile(path), [], 0
    for group in range(file.num_row_groups):
        n = file.metadata.row_group(group).num_rows
        if first < stop and first + n > start:
            piece = _row_group(path, group, tuple(columns))
            pieces.append(piece.slice(max(start - first, 0), min(stop, first + n) - max(start, first)))
        first += n
    return pa.concat_tables(pieces)


@lru_cache(maxsize=2)
def _row_group(path: Path, group: int, columns: tuple[str, ...]) -> pa.Table:
    return pq.ParquetFile(path).read_row_group(group, columns=list(columns))


def _matrix(column: pa.ChunkedArray, width: int, name: str, start: int) -> tuple[np.ndarray, dict[int, str]]:
    bad: dict[int, str] = {}
    matrix = np.zeros((len(column), width), dtype=np.float32)
    array = column.combine_chunks()
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    if (lengths == width).all() and array.null_count == 0:
        matrix[:] = array.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    else:
        for i, row in enumerate(array):
            if lengths[i] == width:
                matrix[i] = row.as_py()
            else:
                bad[start + i] = f"{name} has {lengths[i]} numbers; the others have {width}"
    for i in np.flatnonzero(~np.isfinite(matrix).all(axis=1)):
        bad[start + int(i)] = f"{name} has a NaN or infinite number"
    matrix[~np.isfinite(matrix)] = 0
    return matrix, bad
