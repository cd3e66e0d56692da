"""JSON of your own: a list of ids or of objects, {"ids": […]}, or an object from id to corrected label."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.prove.lists import _rows
from hem_core.prove.lists._entry import Entry, Listed, ListOptions
from hem_core.prove.lists._json import parsed

LISTS = ("ids", "examples", "files", "filenames", "rows")


def accepts(path: Path) -> bool:
    return _kind(parsed(path)) is not None


def read(path: Path, options: ListOptions) -> Listed:
    """Objects are read as the rows of a table are; a text among them is an id."""
    found = parsed(path)
    rows = next((found[name] for name in LISTS if name in found), None) if isinstance(found, Mapping) else found
    if isinstance(rows, list) and any(isinstance(each, Mapping) for each in rows):
        rows = [each if isinstance(each, Mapping) else {"id": each} for each in rows]
        return _rows.listed(rows, options, "JSON list", source=str(path))
    if isinstance(rows, list):
        return Listed([Entry((_rows.as_text(each),)) for each in rows], "JSON list")
    return Listed([Entry((str(id),), label=_rows.as_text(label) or None) for id, label in found.items()], "JSON object")


def _kind(found: Any) -> str | None:
    if isinstance(found, list):
        first = found[0] if found else ""
        is_row = isinstance(first, Mapping) and not isinstance(first.get("data"), Mapping)
        return "list" if is_row or isinstance(first, str | int) else None
    if not isinstance(found, Mapping) or "samples" in found or "tasks" in found or "data" in found:
        return None
    if any(isinstance(found.get(name), list) for name in LISTS):
        return "list"
    plain = all(isinstance(value, str | int | float | list) for value in found.values())
    return "object" if plain else None
