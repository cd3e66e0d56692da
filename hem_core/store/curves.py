"""The training dynamics of a few rows at a time, out of arrays that are mapped from disk.

A Parquet file is read by whole row groups. Each is unpacked once, when the first of its rows is asked for, into a file
without a name, so that a page that shows one example after another finds the next one for almost nothing.
"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.store.damage import Stamp, footer, stamp_of, unreadable

if TYPE_CHECKING:
    from hem_core.store.level import Level

COLUMNS = ("confidence", "is_correct")
_BYTES = np.dtype(np.float32).itemsize


def mapped_curves(level: Level, rows: np.ndarray) -> np.ndarray | None:
    """`confidence` and `is_correct` (1, 0) of some rows (M,): (M, 2, E) float32, NaN in epochs that it was not seen.

    E: the epochs. None where the file lists other rows than the level, or in another order, where its curves differ in
    length, and where there is no room to unpack them: a query reads these.
    Raises RunError when the pages of the file are not what was written.
    """
    path = level.home / "dynamics.parquet"
    return _unpacked(path, stamp_of(path)).at(level, rows)


@dataclass(eq=False)
class _Unpacked:
    """The curves of one file, as far as they were asked for."""

    path: Path
    starts: np.ndarray
    """(G + 1,) the first row of each row group, and N."""
    is_usable: bool = True
    _file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _array: np.ndarray | None = None
    """(N, 2, E) float32."""
    _groups: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, level: Level, rows: np.ndarray) -> np.ndarray | None:
        groups = np.unique(np.searchsorted(self.starts, rows, side="right") - 1).tolist()
        with self._lock:
            self.is_usable = self.is_usable and self.starts[-1] == level.n
            for group in groups:
                if self.is_usable and group not in self._groups:
                    self.is_usable = self._unpack(level, group)
        return self._array[rows] if self.is_usable and self._array is not None else None

    def _unpack(self, level: Level, group: int) -> bool:
        """Write a row group to the file of arrays. Returns whether its curves are those of the level's rows."""
        start, end = int(self.starts[group]), int(self.starts[group + 1])
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                table = file.read_row_group(group, columns=["id", *COLUMNS])
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.path, error) from error
        values = [_matrix(table[name]) for name in COLUMNS if name in table.column_names]
        is_level = table["id"].to_pylist() == level.at(np.arange(start, end), ["id"])["id"].tolist()
        if not is_level or len(values) < len(COLUMNS) or any(one is None for one in values):
            return False
        if len({one.shape for one in values if one is not None}) > 1:
            return False
        return self._write(start, np.stack([one for one in values if one is not None], axis=1))  # (M, 2, E)

    def _write(self, start: int, values: np.ndarray) -> bool:
        shape = (int(self.starts[-1]), *values.shape[1:])
        if self._array is not None and self._array.shape != shape:
            return False
        try:
            if self._array is None:
                os.ftruncate(self._file.fileno(), int(np.prod(shape)) * _BYTES)
            self._file.seek(start * int(np.prod(shape[1:])) * _BYTES)
            self._file.write(values.tobytes())  # not through the map: a full disk is an error here, and a crash there
            self._file.flush()
        except OSError:
            return False
        if self._array is None:
            self._array = np.memmap(self._file, np.float32, "r", shape=shape)
        self._groups.add(int(np.searchsorted(self.starts, start)))
        return True


@lru_cache(maxsize=4)
def _unpacked(path: Path, _stamp: Stamp) -> _Unpacked:
    header = footer(path)
    counts = [header.row_group(k).num_rows for k in range(header.num_row_groups)]
    return _Unpacked(path, np.cumsum([0, *counts]))


def _matrix(column: pa.ChunkedArray) -> np.ndarray | None:
    """Lists of one length as (M, E) float32, NaN where a value is missing; None for lists that differ in length."""
    lists: Any = column.combine_chunks()
    lists = lists.chunk(0) if isinstance(lists, pa.ChunkedArray) else lists
    flat = lists.flatten()
    if lists.null_count or not len(lists) or len(flat) % len(lists):
        return None
    if (np.diff(lists.offsets.to_numpy()) != len(flat) // len(lists)).any():
        return None
    numbers = flat.cast(pa.uint8()) if pa.types.is_boolean(flat.type) else flat
    return numbers.to_numpy(zero_copy_only=False).astype(np.float32).reshape(len(lists), -1)
