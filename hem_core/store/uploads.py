"""Files that people give to the app in the browser, kept in the workspace: uploads/<digest>/<name>."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import BinaryIO

from hem_core.errors import RunError
from hem_core.store.atomic import write_with

FOLDER = "uploads"
LONGEST_NAME = 80
BLOCK = 1 << 20


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
