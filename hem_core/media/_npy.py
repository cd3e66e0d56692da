"""Rows of an .npy file, read by position: memory stays O(batch) however long the file is."""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from pathlib import Path

import numpy as np

from hem_core.errors import DataError


class ArrayRows:
    """An open .npy file of N rows; `read(start, stop)` gives (stop - start, …) in the file's dtype,
    in this machine's byte order.

    Plain reads instead of a memory map, so that the pages do not count as this process's memory; threads may share it.
    Raises DataError when the file is not an .npy of numbers in C order.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            version = np.lib.format.read_magic(self._file)
            header = np.lib.format.read_array_header_2_0 if version >= (2, 0) else np.lib.format.read_array_header_1_0
            self.shape, fortran_order, self.dtype = header(self._file)
        except ValueError as error:
            raise DataError(f"cannot read '{path}' as .npy: {error}") from error
        if fortran_order or self.dtype.hasobject:
            raise DataError(f"'{path}' must hold plain numbers in C order; save it with np.ascontiguousarray")
        self._offset = self._file.tell()
        self._row_bytes = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows start to stop, (stop - start, …)."""
        size = (stop - start) * self._row_bytes
        data = bytearray(os.pread(self._file.fileno(), size, self._offset + start * self._row_bytes))
        block = np.frombuffer(data, dtype=self.dtype).reshape(stop - start, *self.shape[1:])
        return block.astype(self.dtype.newbyteorder("="), copy=False)

    def close(self) -> None:
        self._file.close()


def extract(archive: Path, member: str, target: Path) -> Path:
    """Unpack one member of an .npz to `target`, once; memory stays small, and a killed copy leaves no half file.

    Raises DataError when the archive is damaged.
    """
    try:
        return _extract(archive, member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"'{archive}' is damaged: {error}; save it again") from error


def _extract(archive: Path, member: str, target: Path) -> Path:
    with zipfile.ZipFile(archive) as members:
        size = members.getinfo(member).file_size
        if target.exists() and target.stat().st_size == size:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        with members.open(member) as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy, length=1 << 20)
        _by_rows(partial)
        partial.replace(target)
    return target


def _by_rows(path: Path) -> None:
    """Rewrite an array that is stored column by column, in Fortran's order, row by row."""
    stored = np.load(path, mmap_mode="r", allow_pickle=False)
    if stored.flags.c_contiguous:
        return
    copied = path.with_suffix(".rows")
    rows = np.lib.format.open_memmap(copied, mode="w+", dtype=stored.dtype, shape=stored.shape)
    for start in range(0, len(stored), 1024):
        rows[start : start + 1024] = stored[start : start + 1024]
    rows.flush()
    copied.replace(path)
