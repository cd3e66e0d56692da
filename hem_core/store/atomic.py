"""Files that are written whole or not at all: a temporary name, fsync, rename."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from hem_core.alive import is_alive

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROW_GROUP = 65_536
OF_ANOTHER_MACHINE = 3600.0
"""Seconds after which a temporary file of another machine is a leftover."""
_HERE = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
_mine: set[str] = set()


def write_json(path: Path | str, value: object) -> Path:
    """Write a JSON value (no NaN) as UTF-8; the same value gives the same bytes. Returns the path."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return write_bytes(path, (text + "\n").encode())


def write_table(path: Path | str, table: pa.Table | pd.DataFrame, *, metadata: dict[str, str] | None = None) -> Path:
    """Write a table as Parquet (zstd, row groups of 65,536, checksums) without its index; of metadata, those given.

    The same table gives the same bytes under the same library versions. Returns the path.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    plain = arrow.replace_schema_metadata(metadata)

    def write(file: BinaryIO) -> None:
        pq.write_table(plain, file, row_group_size=ROW_GROUP, **_encoding(plain.schema))

    return write_with(path, write)


def _encoding(schema: pa.Schema) -> dict[str, Any]:
    """Dictionaries for columns whose values recur: floats hardly do, and cost twice the time and space with one."""
    import pyarrow as pa

    recurring = []
    for field in schema:
        is_list = pa.types.is_list(field.type) or pa.types.is_fixed_size_list(field.type)
        if not pa.types.is_floating(field.type.value_type if is_list else field.type):
            recurring.append(f"{field.name}.list.element" if is_list else field.name)
    return {"compression": "zstd", "write_page_checksum": True, "use_dictionary": recurring or False}


@contextlib.contextmanager
def growing_table(path: Path, *, metadata: dict[str, str]) -> Iterator[Callable[[pa.Table], None]]:
    """Write a table part by part, each a row group: call what is yielded with the parts, all of one schema.

    The file is renamed to `path` when the block ends; if it raises, nothing is left. Otherwise as `write_table`.
    """
    import pyarrow.parquet as pq

    writer: pq.ParquetWriter | None = None
    with temporary_name(path) as temporary, temporary.open("xb") as file:

        def add(part: pa.Table) -> None:
            nonlocal writer
            plain = part.replace_schema_metadata(metadata)
            if writer is None:
                writer = pq.ParquetWriter(file, plain.schema, **_encoding(plain.schema))
            writer.write_table(plain, row_group_size=ROW_GROUP)

        try:
            yield add
        finally:
            if writer is not None:
                writer.close()
        file.flush()
        os.fsync(file.fileno())
        temporary.replace(path)
    sync_folder(path.parent)


def write_bytes(path: Path | str, content: bytes) -> Path:
    """Write bytes. Returns the path."""
    return write_with(path, lambda file: file.write(content))


def write_array(path: Path | str, array: np.ndarray) -> Path:
    """Write one array as .npy, nothing pickled. Returns the path."""
    return write_with(path, lambda file: np.save(file, array, allow_pickle=False))


def write_arrays(path: Path | str, **arrays: np.ndarray) -> Path:
    """Write named arrays as an uncompressed .npz, so that a reader can map them. Returns the path."""
    return write_with(path, lambda file: np.savez(file, **arrays))  # pyright: ignore[reportArgumentType]


def write_with(path: Path | str, write: Callable[[BinaryIO], object]) -> Path:
    """Let `write` fill a file that is renamed to `path` when it is complete and on the disk.

    The folder is made if need be. If `write` raises, nothing is left. Returns the path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_name(path) as temporary:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    sync_folder(path.parent)
    return path


@contextlib.contextmanager
def temporary_name(path: Path) -> Iterator[Path]:
    """A temporary name next to `path` for a file or folder that is being written; leftovers are deleted later."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{_HERE}-{secrets.token_hex(4)}.tmp")
    _mine.add(temporary.name)
    try:
        yield temporary
    finally:
        _delete(temporary)
        _mine.discard(temporary.name)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, where the system can do that."""
    with contextlib.suppress(OSError):  # Windows and some network folders cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_leftovers(folder: Path | str) -> int:
    """Delete the incomplete files of killed writers in a folder; files that are being written stay.

    Those of another machine, whose processes cannot be seen, stay until nothing was written to them for an hour.
    Returns how many files or folders that were.
    """
    left = [path for path in Path(folder).glob(".*.tmp") if not _is_being_written(path)]
    for path in left:
        _delete(path)
    return len(left)


def _is_being_written(temporary: Path) -> bool:
    pid, *where = temporary.name.split(".")[-2].split("-")
    if not pid.isdigit():
        return False
    if len(where) == 2 and where[0] != _HERE:
        return _age(temporary) < OF_ANOTHER_MACHINE
    if int(pid) == os.getpid():  # ours, or of a predecessor with the same number
        return temporary.name in _mine
    return is_alive(int(pid))


def _age(path: Path) -> float:
    """Seconds since something was written there; infinite where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
