"""A table with a column of ids or file names: CSV, TSV, Parquet, JSON Lines.

A single column may stand without a header. Read are also LightlyStudio's classifications (file_path_abs, class_name),
FiftyOne's CSV (filepath, tags), Label Studio's CSV, the sets that HEM exports, and the label issues of cleanlab.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hem_core.catalog._delimited import read_delimited
from hem_core.catalog._text_file import read_utf8
from hem_core.errors import DataError
from hem_core.prove.lists import _rows
from hem_core.prove.lists._entry import COLUMN, Entry, Listed, ListOptions

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
NAMES = (*_rows.IDS, *_rows.PATHS, *_rows.LABELS)


def accepts(path: Path) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(SUFFIXES) and path.is_file()


def read(path: Path, options: ListOptions) -> Listed:
    """Tags are the columns tags, tag, verdict and choice, and the names of true-or-false columns that are true."""
    rows = _table(path)
    is_delimited = any(each in path.name.lower() for each in (".csv", ".tsv"))
    head = next(iter(rows[0])) if rows and len(rows[0]) == 1 and is_delimited else None
    if head is not None and not options.column and head.strip().lower() not in NAMES:
        texts = (head, *(_rows.as_text(row[head]) for row in rows))
        return Listed([Entry((text,)) for text in texts if text], COLUMN)
    return _rows.listed(rows, options, "table", source=str(path))


def _table(path: Path) -> list[dict[str, Any]]:
    name = path.name.lower()
    if name.endswith(".parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.read_table(path).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"cannot read '{path}': {error}; expected a Parquet file") from error
    if ".jsonl" in name or ".ndjson" in name:
        return [_line(line, path) for line in read_utf8(path)[0].decode().split("\n") if line.strip()]
    rows = read_delimited(path, names=NAMES).table.to_pylist()
    return [{key: _flag(value) for key, value in row.items()} for row in rows]


def _line(line: str, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"cannot read '{path}': {error}; expected an object a line") from error
    return found if isinstance(found, dict) else {"id": found}


def _flag(value: Any) -> Any:
    """The cell of a CSV, in which true and false are texts."""
    return {"true": True, "false": False}.get(str(value).lower(), value)
