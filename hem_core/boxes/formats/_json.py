"""JSON as it comes, and JSON that looks like the file it replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hem_core.errors import DataError


def loads(content: bytes, path: Path, *, without: tuple[str, ...] = ()) -> Any:
    """The value in a JSON file. Raises DataError where it is none.

    without: keys whose values are dropped while they are read: masks make up most of a file and of the memory it takes.
    """

    def lighter(entry: dict[str, Any]) -> dict[str, Any]:
        for name in without:
            entry.pop(name, None)
        return entry

    try:
        return json.loads(content, object_hook=lighter if without else None)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON: {error}; was it cut short?") from error


def dumps(value: Any, like: bytes) -> bytes:
    """A value as JSON, indented and escaped as the file it replaces."""
    start = like[:4096].lstrip()[1:]
    blank = start[: len(start) - len(start.lstrip())]
    indent = len(blank.rpartition(b"\n")[2]) if b"\n" in blank else None
    text = json.dumps(value, indent=indent, ensure_ascii=like.isascii())
    return text.encode() + (b"\n" if like.endswith(b"\n") else b"")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises DataError, with the reason, where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; check the path") from error
