"""Readers: anything that lists examples → the catalog, an Arrow table with one row an example.

Columns: `id` (string, unique, the only key), `label` (string, null where unknown), where there is one the medium
(`image`: a path below `root`, `image_row`: a row of that .npy file), `split`, and the user's own columns.
What is true of the whole table stands in its metadata: see `info`.

A reader is one file that defines `accepts(source) -> bool` and `read(source, **columns) -> pa.Table`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core import folder
from hem_core.errors import DataError

_KEY = b"hem"


def read(source: Any, **columns: str | None) -> pa.Table:
    """The catalog of `source`: an image folder, a CSV/Parquet/JSONL/npz file, an Arrow table or a torch Dataset.

    columns: `id_column`, `label_column`, `image_column` name the source's columns where they differ from
    the defaults. Raises DataError when nothing can read the source, when it is empty, or when ids repeat.
    """
    unknown = columns.keys() - {"id_column", "label_column", "image_column"}
    if unknown:
        raise DataError(f"no option '{min(unknown)}' for columns; there are: id_column, image_column, label_column")
    if isinstance(source, str | Path) and not Path(source).exists():
        raise DataError(f"no data at '{source}'; give an image folder, or a .csv, .parquet, .jsonl or .npz file")
    package = sys.modules[__name__]
    for name in folder.names(package):
        reader = folder.load(package, name)
        if reader.accepts(source):
            return _checked(reader.read(source, **{key: value for key, value in columns.items() if value}))
    raise DataError(
        f"cannot read '{source}'; wanted an image folder, a .csv, .parquet, .jsonl or .npz file, "
        "an Arrow table or a torch Dataset"
    )


def info(table: pa.Table) -> dict[str, Any]:
    """What holds for the whole catalog.

    `name` (the key of its tags), `source` and `root` (paths), `medium` ("image", "array", "dataset" or "none"),
    `classes` (names in the order of the outputs, or None), `labels_are` ("names" or "indices").
    """
    return json.loads((table.schema.metadata or {}).get(_KEY, b"{}"))


def with_info(table: pa.Table, **facts: Any) -> pa.Table:
    """The same catalog with these facts added to its metadata."""
    merged = info(table) | facts
    return table.replace_schema_metadata({_KEY: json.dumps(merged, sort_keys=True).encode()})


def _checked(table: pa.Table) -> pa.Table:
    source = info(table).get("source", "the data")
    if table.num_rows == 0:
        raise DataError(f"'{source}' has no examples")
    if table["id"].null_count:
        raise DataError(f"'{source}' has {table['id'].null_count} rows without an id; every example needs one")
    ids = table["id"].to_pylist()
    if len(set(ids)) < len(ids):
        twice = [id for id, count in Counter(ids).items() if count > 1]
        shown = ", ".join(twice[:3])
        raise DataError(
            f"{len(twice)} ids stand more than once in '{source}' ({shown}{', …' if len(twice) > 3 else ''}); "
            "ids must be unique: they are the key of scores and tags"
        )
    return table
