"""The JSON of a list, parsed once for all readers that look at it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from hem_core.catalog._text_file import read_utf8
from hem_core.errors import DataError


def parsed(path: Path) -> Any:
    """What is in a .json file; None for another file. Raises DataError for one that is no JSON."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return None
    found = path.stat()
    return _parsed(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2)
def _parsed(path: Path, _changed: int, _size: int) -> Any:
    try:
        return json.loads(read_utf8(path)[0])
    except (ValueError, RecursionError) as error:
        raise DataError(f"cannot read '{path}': {error}; expected JSON in UTF-8") from error
