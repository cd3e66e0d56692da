"""CSV, Parquet, JSON Lines or an Arrow table: one row an example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.errors import DataError

ID_NAMES = ("id",)
LABEL_NAMES = ("label", "class", "target")
IMAGE_NAMES = ("image", "path", "filepath", "file_name", "filename")
PREDICTIONS = ("logits", "probs", "embedding")
"""Columns of numbers that a model gave; they stay in the file and are read by the shard."""


def accepts(source: Any) -> bool:
    return isinstance(source, pa.Table) or (isinstance(source, str | Path) and _format(Path(source)) != "")


def read(
    source: str | Path | pa.Table,
    *,
    id_column: str | None = None,
    label_column: str | None = None,
    image_column: str | None = None,
    **_columns: str,
) -> pa.Table:
    """Columns `id`, `label` and `image` (a path below the file's folder) by those names or by the names given.

    Without an id column the image path is the id, and without either the row number.
    Integer, boolean and whole float labels are indices into the classes, text labels names. All other columns are kept.
    Raises DataError when the file cannot be parsed, or a named or needed column is not there.
    """
    table: pa.Table = _load(Path(source)) if isinstance(source, str | Path) else source
    label = _find(table, label_column, LABEL_NAMES, "label")
    if label is None:
        raise DataError(
            f"no label column among {', '.join(table.column_names)}; wanted one of {', '.join(LABEL_NAMES)}, "
            "or name it with --label-column"
        )
    image = _find(table, image_column, IMAGE_NAMES, "image")
    id = _find(table, id_column, ID_NAMES, "id") or image
    labels = _whole(table[label])
    columns = {
        "id": table[id].cast(pa.string()) if id else pa.array([str(row) for row in range(table.num_rows)]),
        "label": labels.cast(pa.string()),
    }
    if image:
        columns["image"] = table[image].cast(pa.string())
    taken = {id, label, image, *PREDICTIONS}
    columns |= {name: table[name] for name in table.column_names if name not in taken and name not in columns}
    path = Path(source) if isinstance(source, str | Path) else Path("table")
    return with_info(
        pa.table(columns),
        name=path.name.split(".")[0],
        source=str(path),
        root=str(path.resolve().parent),
        medium="image" if image else "none",
        classes=None,
        labels_are="indices" if pa.types.is_integer(labels.type) else "names",
    )


def _format(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    known = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "json", ".ndjson": "json"}
    return known.get(suffixes[-1], "") if suffixes else ""


def _load(path: Path) -> pa.Table:
    from pyarrow import csv, json, parquet

    try:
        if _format(path) == "csv":
            delimiter = "\t" if ".tsv" in path.suffixes else ","
            as_null = csv.ConvertOptions(strings_can_be_null=True, null_values=["", "NA", "NaN", "nan", "null", "NULL"])
            return _text(
                csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=delimiter), convert_options=as_null)
            )
        if _format(path) == "json":
            return json.read_json(path)
        schema = parquet.read_schema(path)
        return parquet.read_table(path, columns=[name for name in schema.names if name not in PREDICTIONS])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot read '{path}' as {_format(path)}: {error}") from error


def _text(table: pa.Table) -> pa.Table:
    """A CSV's table, refused when it is not UTF-8; a column without a name (pandas' index) is called `unnamed`."""
    binary = [name for name in table.column_names if pa.types.is_binary(table.schema.field(name).type)]
    if binary:
        raise DataError(f"column '{binary[0]}' is not UTF-8; save the file as UTF-8")
    return table.rename_columns([name or "unnamed" for name in table.column_names])


def _find(table: pa.Table, named: str | None, defaults: tuple[str, ...], what: str) -> str | None:
    if named is not None and named not in table.column_names:
        raise DataError(f"no {what} column '{named}'; there are: {', '.join(table.column_names)}")
    return named or next((name for name in defaults if name in table.column_names), None)


def _whole(labels: pa.ChunkedArray) -> pa.ChunkedArray:
    """Labels with true and false as 1 and 0, and whole floats (pandas makes them of one missing value) as integers."""
    if pa.types.is_boolean(labels.type):
        return labels.cast(pa.int8())
    if pa.types.is_floating(labels.type):
        values = labels.to_numpy()
        if (values[np.isfinite(values)] % 1 != 0).any():
            raise DataError("labels are numbers with a fraction; classification wants class names or integer indices")
        return pa.chunked_array([pa.array(values, from_pandas=True).cast(pa.int64())])
    return labels
