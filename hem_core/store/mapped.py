"""Arrays mapped from .npz and .npy files."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from hem_core.store.damage import unreadable

UNREADABLE = (OSError, ValueError, EOFError, KeyError, struct.error, zlib.error, zipfile.BadZipFile)
"""The exceptions that reading a truncated array file raises."""


def map_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, mapped from disk where they are stored uncompressed.

    Raises RunError when the file is truncated or is not an .npz.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            return {member.filename.removesuffix(".npy"): _member(path, archive, member) for member in members}
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def load_npy(path: Path) -> np.ndarray:
    """The array of an .npy, mapped from disk. Raises RunError when the file is truncated or is not an .npy."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
        header_bytes = file.tell()
        if member.compress_type != zipfile.ZIP_STORED or not np.prod(shape):
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    start = _data_offset(path, member) + header_bytes
    return np.memmap(path, dtype, "r", start, shape, "F" if is_fortran else "C")


def _data_offset(path: Path, member: zipfile.ZipInfo) -> int:
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)  # lengths of name and extra field in the local header
        name_bytes, extra_bytes = struct.unpack("<HH", file.read(4))
    return member.header_offset + 30 + name_bytes + extra_bytes
