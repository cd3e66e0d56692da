"""Whether the files of a run exist and can be read, page by page."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import RunError
from hem_core.media import medium_of
from hem_core.store.level_names import of_parts

AGAIN = "run the same `hem score` command again to rebuild it"
Stamp = tuple[int, int, int]
_checked: dict[str, Stamp] = {}
_pages: dict[str, tuple[Stamp, set[tuple[int, str]]]] = {}
"""Path -> the state of the file, and the columns of its row groups whose pages have been read since."""


def trouble(folder: Path, info: Mapping[str, Any]) -> dict[str, str]:
    """The files that a complete run lacks or that cannot be read -> why, as its run.json describes it."""
    reasons = {}
    for name in [*_expected(info), *_parts(folder)]:
        path = folder / name
        why = _why(path) if path.exists() else "is missing"
        if why is None and name == "thumbnails.npy":
            why = torn(folder / "thumbnails.bin", path)
        if why is not None:
            reasons[name] = why
    return reasons


def damage(path: Path) -> str | None:
    """Why a Parquet file cannot be read as it was written; None when it can. Checked once until the file changes.

    Every page is read: those that HEM wrote carry checksums, so that a single turned bit is found.
    """
    stamp = stamp_of(path)
    if _checked.get(str(path)) == stamp:
        return None
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for _ in file.iter_batches(batch_size=65_536):
                pass
    except (pa.ArrowException, OSError) as error:
        return f"cannot be read ({first_line(error)})"
    _checked[str(path)] = stamp
    return None


def unreadable(path: Path, error: Exception) -> RunError:
    """What is raised for a file of a run that cannot be read, with the way out."""
    return RunError(f"{path} cannot be read ({first_line(error)}); {AGAIN}")


def check(path: Path) -> None:
    """Raise RunError, with the way out, when a Parquet file cannot be read as it was written."""
    why = damage(path)
    if why is not None:
        raise RunError(f"{path} {why}; {AGAIN}")


def footer(path: Path) -> pq.FileMetaData:
    """What a Parquet file says at its end of its columns and rows; a file that was cut has none. Raises RunError."""
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def check_columns(path: Path, names: Iterable[str], rows: np.ndarray | None = None) -> None:
    """Raise RunError when the pages of some columns cannot be read as they were written.

    names: columns as the file has them. rows: the row numbers that are wanted; None = all. Each page is read once
    until the file changes: opening a large run costs what is looked at of it.
    """
    stamp = stamp_of(path)
    if _checked.get(str(path)) == stamp:
        return
    known = _pages.get(str(path))
    done = known[1] if known and known[0] == stamp else set()
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = _groups_of(file.metadata, rows)
            for group in groups:
                for name in [name for name in dict.fromkeys(names) if (group, name) not in done]:
                    file.read_row_group(group, columns=[name])  # one at a time: all at once may be the whole file
                    done.add((group, name))
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    _pages[str(path)] = stamp, done


def stamp_of(path: Path) -> Stamp:
    """Changes when a file is written again: its time, size and inode."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _groups_of(header: pq.FileMetaData, rows: np.ndarray | None) -> list[int]:
    """The row groups that hold some rows."""
    if rows is None:
        return list(range(header.num_row_groups))
    ends = np.cumsum([header.row_group(k).num_rows for k in range(header.num_row_groups)])
    return np.unique(np.searchsorted(ends, rows, side="right")).tolist() if len(ends) else []


def _expected(info: Mapping[str, Any]) -> list[str]:
    """Names of the files that run.json lists."""
    lacks = set(info.get("missing") or {})
    names = ["scores.parquet", "catalog.parquet", "failures.parquet"]
    names += [f"{level}.parquet" for level in of_parts(info)]
    names += ["neighbours.npz"] if info.get("neighbours") else []
    names += (
        ["projection.parquet"] if info.get("neighbours") and not lacks & {"embeddings", "neighbours", "map"} else []
    )
    names += ["dynamics.parquet"] if "dynamics" not in lacks else []
    shown = medium_of(info)
    is_stored = bool(shown.pictures) and not shown.is_drawn_on_request and "pictures" not in lacks
    names += ["thumbnails.bin", "thumbnails.npy"] if is_stored else []
    return names


def embedded(metadata: Mapping[bytes, bytes] | None) -> int | None:
    """How many rows of embeddings were written beside a shard; None for none, and in shards of an older HEM.

    metadata: what the shard's footer says.
    """
    rows = (metadata or {}).get(b"hem.embedded")
    return int(rows) if rows is not None else None


def _footer(shard: Path) -> Mapping[bytes, bytes] | None:
    try:
        return pq.read_schema(shard).metadata
    except (pa.ArrowException, OSError):
        return None


def _parts(folder: Path) -> list[str]:
    """The embeddings of each shard, and what only newer or calibrated runs have: looked at where it is there."""
    shards = (folder / "shards").glob("*.parquet")
    names = {f"embeddings/{path.stem}.npy" for path in shards if embedded(_footer(path)) is not None}
    names |= {f"embeddings/{path.name}" for path in (folder / "embeddings").glob("*.npy")}
    return sorted(names) + [name for name in ("slices.parquet", "reason_rows.npz") if (folder / name).exists()]


def _why(path: Path) -> str | None:
    if path.suffix == ".parquet":
        return damage(path)
    try:
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                broken = archive.testzip()
            if broken is not None:
                return f"cannot be read (its part {broken} is damaged)"
        elif path.suffix == ".npy":
            np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        return f"cannot be read ({first_line(error)})"
    return None


def torn(packed: Path, offsets: Path) -> str | None:
    """Why the offsets do not match the blob; None when they do."""
    try:
        ends = np.load(offsets, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        return f"cannot be read ({first_line(error)})"
    size = packed.stat().st_size if packed.exists() else 0
    if ends.ndim != 1 or not len(ends) or int(ends[-1]) != size:
        return f"does not go with thumbnails.bin, which has {size:,} bytes"
    return None


def first_line(error: Exception) -> str:
    if "pickled" in str(error):  # numpy's advice for a file that does not begin as an .npy does
        return "it is not an .npy file"
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
