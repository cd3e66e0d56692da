"""The rows of a file of labels, whatever it is: JSON, JSON Lines, CSV, TSV or Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hem_core.catalog._delimited import read_delimited
from hem_core.catalog._table_file import suffix_format
from hem_core.catalog._text_file import read_utf8
from hem_core.errors import DataError

KINDS = ".json, .jsonl, .csv, .tsv or .parquet"
COLUMNS = ("example_id", "id", "label", "choice", "annotator", "annotation_id")
"""Names that tell the separator of a table."""


def read_rows(path: Path) -> tuple[list[Any], list[str]]:
    """The rows or tasks in a file, in its order, and what is worth noting; read as the files of a data set are.

    Raises DataError when it is no such file, or has none.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}'; give Label Studio's export, or a CSV or JSONL with id and label")
    try:
        rows, notes = _rows(path)
    except DataError as error:
        words = str(error).removeprefix(f"cannot read '{path}': ")
        raise DataError(f"cannot read '{path}': {words}; expected {KINDS}") from error
    except (ValueError, OSError, RecursionError) as error:
        words = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DataError(f"cannot read '{path}': {words}; expected {KINDS}, texts in UTF-8") from error
    if not rows:
        raise DataError(f"'{path}' has no rows")
    return rows, notes


def _rows(path: Path) -> tuple[list[Any], list[str]]:
    kind = suffix_format(path)
    if kind == "parquet":
        return _parquet(path), []
    if kind == "csv":
        found = read_delimited(path, names=COLUMNS)
        return found.table.to_pylist(), found.notes
    data, notes = read_utf8(path)
    return _json(data.decode(), path), notes


def _json(text: str, path: Path) -> list[Any]:
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return _lines(text)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
        return _lines(text)
    if isinstance(found, dict) and isinstance(found.get("tasks"), list):
        return found["tasks"]
    if isinstance(found, dict) and "data" in found:
        return [found]
    if not isinstance(found, list):
        raise ValueError(f"it holds one {type(found).__name__}, not a list")
    return found


def _parquet(path: Path) -> list[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path).to_pylist()
    except pa.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.split("\n") if line.strip()]
