"""The column of a table with the paths of pictures, and the folder that they are relative to."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from hem_core.buckets.address import clean, is_address
from hem_core.buckets.mirror import around, mirrored
from hem_core.buckets.places import address_of
from hem_core.catalog._compute import pc
from hem_core.errors import DataError

NAMES = (
    *("image", "image_path", "img", "img_path", "image_file", "image_filename", "image_name", "image_uri"),
    *("image_filepath", "imagepath", "img_file", "photo", "photo_path", "picture", "picture_path", "path"),
    *("filepath", "file_path", "file_name", "filename", "file", "uri"),
)
"""Usual names of a column of image paths, the surest first."""
SURE = ("image", "img", "photo", "picture")
"""A name that begins with one of these means pictures, whatever its values look like."""
SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm")
)
MOST = 64
"""So many paths, spread over the table, are looked at."""


@dataclass(frozen=True)
class ImagePaths:
    """Paths as they are opened: below `root`, or absolute; null where there is none."""

    paths: pa.ChunkedArray
    root: Path
    notes: list[str] = field(default_factory=list)


def holds_pictures(column: pa.ChunkedArray, name: str, folders: Sequence[Path]) -> bool:
    """Whether a column of text with a usual name does hold image paths: by a sure name, its suffixes, or its files."""
    if name.casefold().startswith(SURE):
        return True
    some = _some(column)
    if not some:
        return False
    named = sum(Path(_slashes(text)).suffix.lower() in SUFFIXES for text in some)
    is_there = any(_exists(root / path) for path in map(_slashes, some) for root in (*folders, Path.cwd()))
    return named * 2 > len(some) or is_there


def is_full_of_pictures(column: pa.ChunkedArray, folders: Sequence[Path]) -> bool:
    """Whether the values of a column with any name are paths of pictures, and some of them are there."""
    is_there = (_exists(root / path) for path in map(_slashes, _some(column)) for root in (*folders, Path.cwd()))
    return is_full_of_names(column) and any(is_there)


def is_full_of_names(column: pa.ChunkedArray) -> bool:
    """Whether the values of a column with any name are file names of pictures, wherever these are."""
    some = _some(column)
    return bool(some) and all(Path(_slashes(text)).suffix.lower() in SUFFIXES for text in some)


def list_beside(path: Path | None, table: pa.Table) -> None:
    """List the folder of a table that is in a bucket, where a column seems to name pictures."""
    if address_of(path) is None or path is None:
        return
    texts = [name for name in table.column_names if pa.types.is_string(table.schema.field(name).type)]
    if any(name.casefold().startswith(SURE) or is_full_of_names(table[name]) for name in texts):
        around(path)


def image_paths(column: pa.ChunkedArray, name: str, folders: Sequence[Path]) -> ImagePaths:
    """The paths of a column as they are opened: relative to the first of the folders where they are, or to the working
    folder.

    folders: the table's at least. Backslashes become slashes where that is where the files are, `file://` goes.
    Raises DataError for addresses of the web or a cloud, and for NUL characters.
    """
    some = _some(column)
    remote = next((text for text in some if "://" in text and not text.startswith("file://")), None)
    if remote is not None and (remote.startswith("http") or not is_address(remote)):
        raise DataError(
            f"the image column '{name}' holds addresses such as '{remote[:80]}'; HEM reads files, local or in a "
            "bucket: download them and name the paths"
        )
    if remote is not None:
        return _in_bucket(column, name, remote)
    if pc.any(pc.match_substring(column, "\0")).as_py():
        raise DataError(f"the image column '{name}' holds a NUL character, which no path can have")
    notes: list[str] = []
    if any(text.startswith("file://") for text in some):
        column = pc.replace_substring_regex(column, "^file://(localhost)?", "")
    if not any(_count(some, root) for root in folders) and any("\\" in text for text in some):
        column = pc.replace_substring(column, "\\", "/")
        notes.append(f"The backslashes of the column {name} are read as slashes.")
    some = _some(column)
    root = next((root for root in folders if _count(some, root)), None)
    if root is None and _count(some, Path.cwd()):
        notes.append(f"The paths of the column {name} are relative to {Path.cwd()}, not to the table's folder.")
        root = Path.cwd().resolve()
    elif root is None and some:
        notes.append(
            f"No picture was found that the column {name} names, such as {some[0][:80]}; give --images, or put the "
            "pictures beside the table."
        )
    return ImagePaths(column, root or folders[0], notes)


def _in_bucket(column: pa.ChunkedArray, name: str, first: str) -> ImagePaths:
    """The paths of a column of addresses, below the folder that they share."""
    texts = [clean(text) if text else None for text in column.to_pylist()]
    protocol = first.partition("://")[0] + "://"
    other = next((text for text in texts if text and not text.startswith(protocol)), None)
    if other is not None:
        raise DataError(f"the image column '{name}' holds '{first[:80]}' and '{other[:80]}'; use one store for all")
    shared = protocol + posixpath.commonpath([text[len(protocol) :].rpartition("/")[0] for text in texts if text])
    paths = [text[len(shared) + 1 :] if text else None for text in texts]
    return ImagePaths(pa.chunked_array([pa.array(paths, pa.string())]), mirrored(shared).resolve())


def _some(column: pa.ChunkedArray) -> list[str]:
    there = column.drop_null()
    places = pa.array(range(0, len(there), max(1, len(there) // MOST)), pa.int64())
    return [text for text in there.take(places).to_pylist() if text][:MOST]


def _count(paths: Sequence[str], root: Path) -> int:
    return sum(_exists(root / path) for path in paths)


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text too long for a path, or with a NUL in it
        return False


def _slashes(text: str) -> str:
    return text.replace("\\", "/").removeprefix("file://")
