"""A table on disk, or one of pandas, as an Arrow table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.errors import DataError

PREDICTIONS = ("logits", "probs", "embedding")
"""Columns of numbers that a model gave; they stay in the file and are read by the shard."""
MISSING = ["", "NA", "NaN", "nan", "null", "NULL"]


def suffix_format(path: Path) -> str:
    """ "csv", "json" or "parquet" by the file's suffix, with .gz left off; empty for any other."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    known = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "json", ".ndjson": "json"}
    return known.get(suffixes[-1], "") if suffixes else ""


def is_frame(source: Any) -> bool:
    """Whether it is a pandas DataFrame; pandas is not imported for it."""
    return type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns")


def read_frame(frame: Any) -> pa.Table:
    """A DataFrame's columns; an index that has a name is one of them. Raises DataError for columns of mixed types."""
    try:
        table = pa.Table.from_pandas(frame, preserve_index=None if frame.index.name else False)
    except pa.ArrowException as error:
        raise DataError(f"cannot read the DataFrame: {' '.join(str(error).split())}") from error
    return table.rename_columns([str(name) for name in table.column_names]).replace_schema_metadata(None)


def has_predictions(path: Path | None, table: pa.Table) -> bool:
    """Whether a table, or the Parquet file that it comes from, has columns of logits or probabilities."""
    from pyarrow import parquet

    is_parquet = path is not None and suffix_format(path) == "parquet"
    names = parquet.read_schema(path).names if is_parquet else table.column_names
    return "logits" in names or "probs" in names


def read_file(path: Path, *, text_column: str | None, text_names: tuple[str, ...]) -> pa.Table:
    """The table in a CSV, TSV, Parquet or JSON Lines file, without the columns of predictions of a Parquet file.

    A CSV's text_column is text whatever it looks like, "007" and "null" stay as written; without one, so are those of
    text_names that hold words. Raises DataError when the file cannot be parsed or a CSV is not UTF-8.
    """
    from pyarrow import json, parquet

    try:
        if suffix_format(path) == "csv":
            return _csv(path, text_column, text_names)
        if suffix_format(path) == "json":
            return json.read_json(path)
        schema = parquet.read_schema(path)
        return parquet.read_table(path, columns=[name for name in schema.names if name not in PREDICTIONS])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot read '{path}' as {suffix_format(path)}: {error}") from error


def _csv(path: Path, text_column: str | None, text_names: tuple[str, ...]) -> pa.Table:
    from pyarrow import csv

    parse = csv.ParseOptions(delimiter="\t" if ".tsv" in path.suffixes else ",", newlines_in_values=True)
    as_null = csv.ConvertOptions(strings_can_be_null=True, null_values=MISSING)
    table = _utf8(csv.read_csv(path, parse_options=parse, convert_options=as_null))
    words = [text_column] if text_column else [name for name in text_names if is_text(_type(table, name))]
    for name in [name for name in words if name in table.column_names]:
        as_written = csv.ConvertOptions(include_columns=[name], column_types={name: pa.string()})
        written = csv.read_csv(path, parse_options=parse, convert_options=as_written)[name]
        table = table.set_column(table.column_names.index(name), name, written)
    return table


def is_text(of: pa.DataType) -> bool:
    return pa.types.is_string(of) or pa.types.is_large_string(of) or pa.types.is_string_view(of)


def _type(table: pa.Table, name: str) -> pa.DataType:
    return table.schema.field(name).type if name in table.column_names else pa.null()


def _utf8(table: pa.Table) -> pa.Table:
    """A CSV's table, refused when it is not UTF-8; a column without a name (pandas' index) is called `unnamed`."""
    binary = [name for name in table.column_names if pa.types.is_binary(table.schema.field(name).type)]
    if binary:
        raise DataError(f"column '{binary[0]}' is not UTF-8; save the file as UTF-8")
    return table.rename_columns([name or "unnamed" for name in table.column_names])
