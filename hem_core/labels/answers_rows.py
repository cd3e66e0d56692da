"""The rows of a file of labels, whatever it is: JSON, JSON Lines, CSV, TSV or Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from hem_core.errors import DataError

KINDS = ".json, .jsonl, .csv, .tsv or .parquet"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_rows(path: Path) -> list[Any]:
    """The rows or tasks in a file, in its order. Raises DataError when it is no such file, or has none."""
    if not path.is_file():
        raise DataError(f"no file at '{path}'; give Label Studio's export, or a CSV or JSONL with id and label")
    try:
        rows = _rows(path)
    except (ValueError, csv.Error, OSError, RecursionError) as error:
        words = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise DataError(f"cannot read '{path}': {words}; wanted {KINDS}, texts in UTF-8") from error
    if not rows:
        raise DataError(f"'{path}' has no rows")
    return rows


def _rows(path: Path) -> list[Any]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.read_table(path).to_pylist()
        except pa.ArrowException as error:
            raise ValueError(str(error).splitlines()[0]) from error
    content = path.read_bytes()
    text = content.decode(next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8"))
    if suffix in (".csv", ".tsv", ".tab", ".txt"):
        return _table(text)
    if suffix in (".jsonl", ".ndjson"):
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


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _table(text: str) -> list[Any]:
    """Rows by the delimiter that the first line has the most of. A cell may hold a picture, so none is too long."""
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    limit = csv.field_size_limit(sys.maxsize)
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    finally:
        csv.field_size_limit(limit)
