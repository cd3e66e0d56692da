"""Files that people give to the app in the browser, kept in the workspace: uploads/<digest>/<name>."""

from __future__ import annotations

import hashlib
import lzma
import re
import shutil
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from hem_core.errors import RunError
from hem_core.store.atomic import write_with

FOLDER = "uploads"
LONGEST_NAME = 80
BLOCK = 1 << 20
MOST_TIMES = 200
MOST_BYTES = 20 << 30
MOST_FILES = 1_000_000
DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error
)  # fmt: skip
"""What `zipfile` raises for archives that are damaged, encrypted, or compressed in a way it does not know."""
TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".json", ".npz")


def keep_upload(workspace: Path, name: str, content: BinaryIO) -> Path:
    """Store a file once, whole or not at all; the same bytes again give the file that is there.

    name: as the browser says it; its letters, digits, dots and dashes are kept, and no folder of it. Another suffix
    makes another file of the same bytes, because the suffix decides how they are read.
    Raises RunError where nothing can be written.
    """
    plain = plain_name(name)
    folder = workspace / FOLDER / _digest(content)
    try:
        known = sorted(path for path in folder.glob(f"*{Path(plain).suffix}") if path.suffix == Path(plain).suffix)
        if known:
            return known[0]
        content.seek(0)
        return write_with(folder / plain, lambda file: shutil.copyfileobj(content, file, BLOCK))
    except OSError as error:
        raise RunError(f"the file cannot be kept in {workspace / FOLDER} ({error.strerror})") from error


def unpacked(upload: Path) -> Path:
    """What an uploaded ZIP archive holds, beside it: its only table of rows, else its folder; another file as it is.

    Raises RunError for an archive that is damaged, has a password, or is too large when unpacked: over 200 times its
    size, 20 GiB, a million files, or half of what the disk has left.
    """
    if upload.suffix.casefold() != ".zip":
        return upload
    folder = upload.with_name(upload.stem.replace(".", "-"))
    try:
        if not folder.exists():
            _unpack(upload, folder)
    except DAMAGED as error:
        raise RunError(f"the archive {upload.name} cannot be unpacked: {error}") from error
    inside = _own(folder)
    root = inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
    tables = [path for path in _own(root) if path.is_file() and path.suffix.casefold() in TABLES]
    return tables[0] if len(tables) == 1 else root


def _unpack(upload: Path, folder: Path) -> None:
    """All of it or nothing; the names in an archive never lead out of the folder (`ZipFile.extractall`)."""
    with zipfile.ZipFile(upload) as archive:
        _check_size(archive, upload)
        place = folder.with_name(f".{uuid4().hex}")
        place.mkdir()
        try:
            archive.extractall(place)
            _put(place, folder)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _check_size(archive: zipfile.ZipFile, upload: Path) -> None:
    files = archive.infolist()
    size = sum(one.file_size for one in files)
    free = shutil.disk_usage(upload.parent).free
    if size > MOST_TIMES * max(upload.stat().st_size, BLOCK):
        raise zipfile.BadZipFile(f"it would be over {MOST_TIMES} times as large")
    if size > min(MOST_BYTES, free // 2) or len(files) > MOST_FILES:
        raise zipfile.BadZipFile(
            f"its {len(files):,} files would take {size / 1e9:,.1f} GB; unpack it yourself and name the folder"
        )


def _put(place: Path, folder: Path) -> None:
    """Give the unpacked files their name; another session may have done so meanwhile."""
    try:
        place.replace(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _own(folder: Path) -> list[Path]:
    """What a folder holds, without what other systems hide in archives."""
    return [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]


def plain_name(name: str) -> str:
    """A name that any folder can have, with the suffixes of the one that the browser says."""
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-._ ")
    return plain[-LONGEST_NAME:].lstrip("-._") or "data"


def _digest(content: BinaryIO) -> str:
    """32 hex digits of the SHA-256 of a file."""
    content.seek(0)
    digest = hashlib.sha256()
    while block := content.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()[:32]
