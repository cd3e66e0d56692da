"""A digest of the rows of a level: whether the same id means the same row in two levels."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from hem_core.errors import RunError
from hem_core.store.damage import AGAIN
from hem_core.store.rules import Condition, quote
from hem_core.store.source import Source

WHAT_A_PART_IS = ("id", "example", "given", "predicted")


def of_catalog(path: Path) -> str:
    """The digest of the examples: of the bytes of the catalog, which has every id, label and content hash."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); {AGAIN}") from error


def of_parts(of_examples: str, source: Source) -> str:
    """The digest of a level of parts: of its examples, and of what each part is. Scores may differ."""
    names = [name for name in WHAT_A_PART_IS if name in source.columns]
    table = source.select(", ".join(quote(name) for name in names), names, Condition(), tail="ORDER BY row")
    text = json.dumps({name: table[name].to_pylist() for name in names}, default=str)
    return hashlib.sha256(f"{of_examples} {text}".encode()).hexdigest()[:16]
