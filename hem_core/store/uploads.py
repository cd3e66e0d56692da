"""Files that people give to the app in the browser, kept in the workspace: uploads/<digest>/<name>."""

from __future__ import annotations

import hashlib
import re
import shutil
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

    Raises RunError for an archive that is damaged, has a password, or is over 200 times its size when unpacked.
    """
    if upload.suffix.casefold() != ".zip":
        return upload
    folder = upload.with_suffix("")
    try:
        if not folder.exists():
            _unpack(upload, folder)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
        raise RunError(f"the archive {upload.name} cannot be unpacked: {error}") from error
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    root = inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
    tables = [path for path in root.iterdir() if path.suffix.casefold() in TABLES]
    return tables[0] if len(tables) == 1 else root


def _unpack(upload: Path, folder: Path) -> None:
    """All of it or nothing; the names in an archive never lead out of the folder (`ZipFile.extractall`)."""
    with zipfile.ZipFile(upload) as archive:
        if sum(one.file_size for one in archive.infolist()) > MOST_TIMES * max(upload.stat().st_size, BLOCK):
            raise zipfile.BadZipFile(f"it would be over {MOST_TIMES} times as large")
        place = folder.with_name(f".{uuid4().hex}")
        place.mkdir()
        try:
            archive.extractall(place)
            place.replace(folder)
        finally:
            shutil.rmtree(place, ignore_errors=True)


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
