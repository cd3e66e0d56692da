"""The files of an exported set: where its pictures are, and how its JSON is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import hem_core.export
from hem_core import folder as registry
from hem_core.errors import DataError
from hem_core.export._images import ReadImage


def picture_files(folder: Path) -> dict[str, Path]:
    """Id -> file, of the first format in the folder that keeps each picture in a file; empty where it has none."""
    for name in registry.names(hem_core.export):
        found = getattr(registry.load(hem_core.export, name), "files", None)
        if found is not None and (folder / name).is_dir():
            return found(folder)
    return {}


def from_files(files: Mapping[str, Path]) -> ReadImage:
    """Reads the picture of a row from its file."""

    def read(row: pd.Series) -> tuple[str, bytes]:
        path = files[str(row["id"])]
        return path.suffix, path.read_bytes()

    return read


def present(folder: Path, name: str) -> Path:
    """The file or folder of a format. Raises DataError, naming the folder, where it is not there."""
    path = folder / name
    if not path.exists():
        raise DataError(f"'{folder}' has no {name}; export the set in this format first, or name another folder")
    return path


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, in order. A line ends with a line feed alone."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def examples_of(entries: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Objects as a table of examples, with texts as texts; columns: all where None."""
    table = pd.DataFrame(list(entries), columns=list(columns) if columns is not None else None)
    for name in ("id", "label", "split", "label_before"):
        if name in table.columns and not any(isinstance(value, list) for value in table[name]):
            table[name] = table[name].astype("str")
    return table
