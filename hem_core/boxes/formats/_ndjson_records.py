"""The records of Ultralytics' NDJSON: a line on the data set, then a line an image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.errors import DataError

SUFFIXES = (".ndjson", ".jsonl")
PEEK = 1 << 16
CLASSIFY = "classify"
Record = dict[str, Any]


def task_of(path: Path) -> str:
    """The task that the first line names, "detect" where it names none; "" for a file of another kind."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return ""
    with path.open("rb") as file:
        start = file.readline(PEEK * 16)
    try:
        head = json.loads(start)
    except (ValueError, RecursionError):
        return ""
    is_dataset = isinstance(head, dict) and head.get("type") == "dataset"
    return str(head.get("task") or "detect") if is_dataset else ""


def records_of(content: bytes, path: Path) -> tuple[Record, list[Record]]:
    """The record of the data set, and those of its images. Raises DataError, with the line, for what is none."""
    found = []
    for number, line in enumerate(content.decode("utf-8-sig", "replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"line {number} of {path} is no JSON: {error}; was it cut short?") from error
        if not isinstance(record, dict):
            raise DataError(f"line {number} of {path} is no record; export the data set as NDJSON again")
        found.append(record)
    if not found or found[0].get("type") != "dataset":
        raise DataError(f'{path} is no NDJSON of Ultralytics: its first line must have "type": "dataset"')
    images = [record for record in found[1:] if record.get("file")]
    return found[0], images


def class_names(head: Mapping[str, Any]) -> dict[int, str]:
    """Number -> name of each class, by number."""
    named = head.get("class_names")
    pairs = named.items() if isinstance(named, dict) else enumerate(named) if isinstance(named, list) else ()
    return dict(sorted((int(number), str(name)) for number, name in pairs if str(number).isdecimal()))


def picture_name(record: Mapping[str, Any], head: Mapping[str, Any], home: Path) -> str:
    """The file of an image below `home`, where Ultralytics looks for it, or beside the NDJSON; its name where neither
    is there."""
    name, split = str(record["file"]), str(record.get("split") or "train")
    places = (Path(str(head.get("path") or ".")) / "images" / split / name, Path("images") / split / name)
    there = (place.as_posix() for place in places if (home / place).is_file())
    return next(there, name)


def line_of(record: Mapping[str, Any]) -> str:
    """A record as a line, as JSON.stringify writes it."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
