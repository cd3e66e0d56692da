"""No model at all: logits or probabilities that were made elsewhere, in a Parquet file or a table in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.class_columns import LISTS
from hem_core.errors import DataError

TOLERANCE = 0.02
"""How far from 1 a row of probabilities may sum, as rounded ones do; it is scaled to 1."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Reads rows of `logits` or `probs` (lists of K floats) and `embedding` (lists of D floats) by position.

    n_classes is K, width is D (0 without embeddings). is_binary: there is one number a row, a plain one or a list of
    one, which is of the second class: a logit z becomes (0, z), a probability p (1 - p, p).
    Only the requested row groups are read. path: the Parquet file; None for a table in memory.
    """

    path: Path | None
    column: str
    n_classes: int
    width: int
    is_binary: bool = False
    table: pa.Table | None = None
    reading: tuple[str, ...] = ()
    """Notes on how the table was made."""

    @property
    def notes(self) -> list[str]:
        """Notes on how the file's values were interpreted."""
        if not self.is_binary:
            return list(self.reading)
        pair = "one logit z each, taken as the two logits (0, z)"
        if self.column == "probs":
            pair = "one probability p each, taken as the two probabilities (1 - p, p)"
        return [*self.reading, f"The rows of '{self.column}' have {pair}: it is that of the second class."]

    @property
    def digest(self) -> str:
        """Of the values of a table in memory; "" for a file."""
        if self.table is None:
            return ""
        digest = hashlib.sha256()
        for name in self.table.column_names:
            for chunk in self.table[name].chunks:
                lists = _lists(chunk)
                for part in (lists.value_lengths(), lists.flatten()):
                    digest.update(part.to_numpy(zero_copy_only=False).tobytes())
        return digest.hexdigest()

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None, list[tuple[int, str]]]:
        """Rows start to stop: logits (n, K) float32, embeddings (n, D) or None, and the bad rows with the reason.

        Bad rows hold zeros. A logit of -inf, as of a class that the model masks, stays. Probabilities become logits by
        their logarithm; a row of them must sum to 1.
        """
        columns = [self.column] + (["embedding"] if self.width else [])
        source = self.path if self.table is None else self.table
        table = _rows(source, columns, start, stop)
        length = 1 if self.is_binary else self.n_classes
        values, bad = _matrix(table[self.column], length, self.column, start)
        if self.is_binary:
            rest = 1 - values if self.column == "probs" else np.zeros_like(values)
            values = np.concatenate([rest, values], axis=1)  # (n, 1) -> (n, 2)
        if self.column == "probs":
            sums = values.sum(axis=1)
            wrong = (np.abs(sums - 1) > TOLERANCE) | (values.min(axis=1) < 0)
            said = {start + int(i): self._wrong(values[i], sums[i]) for i in np.flatnonzero(wrong)}
            bad = said | bad
            values = values / np.maximum(sums, TOLERANCE)[:, None]
            values = np.log(np.maximum(values, np.finfo(np.float32).tiny))
        embeddings = None
        if self.width:
            embeddings, more = _matrix(table["embedding"], self.width, "embedding", start)
            bad = more | bad
        return values, embeddings, sorted(bad.items())

    def _wrong(self, row: np.ndarray, total: float) -> str:
        if self.is_binary:
            return f"probs is {row[1]:.3g}, not a probability"
        return f"probs sum to {total:.3g}, not to 1"


def open_predictions(path: Path) -> Predictions | None:
    """The predictions in a Parquet file, or None when it has neither `logits` nor `probs`.

    Raises DataError when the columns are not lists of numbers, or both are there and it is unclear which counts.
    """
    return _opened(path, str(path))


def listed_predictions(table: pa.Table, name: str, notes: tuple[str, ...] = ()) -> Predictions | None:
    """The predictions in columns `logits` or `probs` of a table in memory; see `open_predictions`.

    name: that of the table, for messages.
    """
    found = _opened(table, name)
    return replace(found, path=None, table=table, reading=notes) if found is not None else None


def _opened(source: Path | pa.Table, path: str) -> Predictions | None:
    names = pq.read_schema(source).names if isinstance(source, Path) else source.column_names
    found = [name for name in LISTS if name in names]
    if not found:
        return None
    if len(found) == 2:
        raise DataError(f"'{path}' has both logits and probs; keep one, so that it is clear which is scored")
    length = _length(source, found[0])
    total = _total_of_logits(source) if found == ["logits"] else None
    if total is not None:
        way = "call the column 'probs'" + (" and divide it by 100" if total == 100 else "")
        raise DataError(f"'logits' in '{path}' sum to {total} and are never negative: these are probabilities; {way}")
    width = _length(source, "embedding") if "embedding" in names else 0
    place = source if isinstance(source, Path) else None
    return Predictions(place, found[0], max(2, length), width, is_binary=length == 1)


def _total_of_logits(source: Path | pa.Table) -> int | None:
    """1 or 100 where the first rows of `logits` are never negative and sum to it, as rounded probabilities do."""
    for batch in _batches(source, "logits", 100):
        rows = [row for row in _lists(batch.column(0)).to_pylist() if row and None not in row]
        if rows and all(len(row) == 1 for row in rows):
            return 1 if len(rows) > 1 and all(0 <= row[0] <= 1 for row in rows) else None
        for total in (1, 100) if rows and all(min(row) >= 0 for row in rows) else ():
            if all(abs(sum(row) - total) <= TOLERANCE * total for row in rows):
                return total
        return None
    return None


def _batches(source: Path | pa.Table, column: str, size: int = 65_536) -> Iterator[pa.RecordBatch]:
    if isinstance(source, Path):
        yield from pq.ParquetFile(source).iter_batches(batch_size=size, columns=[column])
    else:
        yield from source.select([column]).to_batches(max_chunksize=size)


def _length(source: Path | pa.Table, column: str) -> int:
    """The commonest length of a row; that of the first row of two that are as common."""
    path = source if isinstance(source, Path) else "the table"
    lengths: Counter[int] = Counter()
    for batch in _batches(source, column):
        array = batch.column(0)
        if not _is_list_of_numbers(_storage(array.type)) and not (_is_number(array.type) and column != "embedding"):
            raise DataError(f"'{column}' in '{path}' must be a list of floats; it is {array.type}")
        lengths.update(_lists(array).value_lengths().drop_null().to_pylist())
    lengths.pop(0, None)
    if not lengths:
        raise DataError(f"'{column}' in '{path}' is empty in every row")
    return lengths.most_common(1)[0][0]


def _storage(kind: pa.DataType) -> pa.DataType:
    """The type below one that a library has named, such as a tensor of one shape."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)


def _is_list_of_numbers(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and _is_number(kind.value_type)


def _lists(array: pa.Array) -> pa.Array:
    """Rows as lists of numbers: those of a tensor as they are stored, a plain number as a list of one."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if not _is_number(array.type):
        return array
    # A missing number is a row without one.
    offsets = np.concatenate([[0], np.cumsum(array.is_valid().to_numpy(zero_copy_only=False))])
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), array.drop_null())


def _rows(path: Path | pa.Table | None, columns: list[str], start: int, stop: int) -> pa.Table:
    assert path is not None
    if not isinstance(path, Path):
        return path.select(columns).slice(start, stop - start)
    file, pieces, first = pq.ParquetFile(path), [], 0
    stat = path.stat()
    version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    for group in range(file.num_row_groups):
        n = file.metadata.row_group(group).num_rows
        if first < stop and first + n > start:
            piece = _row_group(path, version, group, tuple(columns))
            pieces.append(piece.slice(max(start - first, 0), min(stop, first + n) - max(start, first)))
        first += n
    return pa.concat_tables(pieces)


@lru_cache(maxsize=2)
def _row_group(path: Path, version: tuple[int, ...], group: int, columns: tuple[str, ...]) -> pa.Table:
    """One row group, kept for the next batch. version: tells the file from one that was since written in its place."""
    return pq.ParquetFile(path).read_row_group(group, columns=list(columns))


def _matrix(column: pa.ChunkedArray, width: int, name: str, start: int) -> tuple[np.ndarray, dict[int, str]]:
    bad: dict[int, str] = {}
    matrix = np.zeros((len(column), width), dtype=np.float32)
    found = column.combine_chunks()
    array = _lists(found if isinstance(found, pa.Array) else found.chunk(0))
    if pa.types.is_decimal(array.type.value_type):
        array = array.cast(pa.list_(pa.float64()))
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and told below
        if (lengths == width).all() and array.null_count == 0:
            matrix[:] = array.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
        else:
            for i, row in enumerate(array):
                if lengths[i] == width:
                    matrix[i] = [np.nan if value is None else value for value in row.as_py()]
                else:
                    bad[start + i] = f"{name} has {lengths[i]} numbers; the others have {width}"
    is_masked = np.isneginf(matrix) & (name == "logits")
    is_bad = ~np.isfinite(matrix) & ~is_masked
    for i in np.flatnonzero(is_bad.any(axis=1)):
        bad[start + int(i)] = f"{name} has a NaN or infinite number"
    matrix[is_bad] = 0
    return matrix, bad


def width_of_embeddings(source: Path | pa.Table) -> int:
    """D, the commonest length of a list of the column `embedding` of a Parquet file or a table."""
    return _length(source, "embedding")


def embeddings_in(source: Path | pa.Table, width: int, start: int, stop: int) -> tuple[np.ndarray, dict[int, str]]:
    """Rows start to stop of the column `embedding`, (n, D) float32, and the bad rows with the reason."""
    return _matrix(_rows(source, ["embedding"], start, stop)["embedding"], width, "embedding", start)
