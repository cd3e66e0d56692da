"""A table in a file or in memory, with what is known of how it was written."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._compute import pc
from hem_core.catalog._delimited import read_delimited
from hem_core.catalog._frame import INDEX, read_frame
from hem_core.catalog._json_rows import read_json
from hem_core.class_columns import LISTS, OF_A_MODEL
from hem_core.errors import DataError

FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "json"),
}
COMPRESSED = (".gz", ".bz2", ".zst", ".lz4")


@dataclass(frozen=True)
class Loaded:
    """A table, and how it was written. is_text: every cell is a string, whose meaning is still to be decided."""

    table: pa.Table
    is_text: bool = False
    separator: str = ","
    index: str | None = None
    """The column that is the index of a data frame."""
    notes: list[str] = field(default_factory=list)


def suffix_format(path: Path) -> str:
    """ "csv", "json" or "parquet" by the file's suffix in any case, with .gz left off; empty for any other."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    return FORMATS.get(suffixes[-1], "") if suffixes else ""


def load(source: Any, path: Path | None, names: Collection[str]) -> Loaded:
    """The table of a file, an Arrow table or a data frame, without the columns of predictions of a Parquet file.

    names: columns that are looked for, which tell the separator of a CSV.
    Raises DataError when it cannot be read, or two columns have one name.
    """
    if path is not None:
        loaded = _file(path, names)
    elif isinstance(source, pa.Table):
        loaded = _storable(_with_index(source))
    else:
        table, index, notes = read_frame(source)
        loaded = _storable(Loaded(_simple(table), index=index, notes=notes))
    listed = loaded.table.column_names
    twice = next((name for name in listed if listed.count(name) > 1), None) if len(set(listed)) < len(listed) else None
    if twice is not None:
        raise DataError(f"the column '{twice}' is in '{path or 'table'}' {listed.count(twice)} times; rename one")
    return loaded


def has_predictions(path: Path | None, table: pa.Table) -> bool:
    """Whether a table, or the Parquet file that it comes from, has columns of logits or probabilities."""
    from pyarrow import parquet

    is_parquet = path is not None and suffix_format(path) == "parquet"
    names = parquet.read_schema(path).names if is_parquet else table.column_names
    return not set(names).isdisjoint(LISTS)


def is_text(of: pa.DataType) -> bool:
    return pa.types.is_string(of) or pa.types.is_large_string(of) or pa.types.is_string_view(of)


def _file(path: Path, names: Collection[str]) -> Loaded:
    try:
        if suffix_format(path) == "csv":
            delimited = read_delimited(path, names=names)
            return Loaded(delimited.table, is_text=True, separator=delimited.separator, notes=delimited.notes)
        if suffix_format(path) == "json":
            table, notes = read_json(path)
            return Loaded(table, notes=notes)
        return _with_index(_parquet(path))
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise DataError(f"cannot read '{path}' as {suffix_format(path)}: {' '.join(str(error).split())}") from error


def _parquet(path: Path) -> pa.Table:
    """Every column but the predictions, which stay in the file and are read by the shard.

    Unlike `read_table`, it makes no columns of a folder named `x=1`.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        names = file.schema_arrow.names
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataError(f"the column '{twice}' is in '{path}' {names.count(twice)} times; rename one")
        kept = [name for name in names if name not in OF_A_MODEL]
        table = file.read(columns=kept) if kept else pa.table({})
        return table.select(kept)


def _with_index(table: pa.Table) -> Loaded:
    """The table, with the index of the data frame that it was made from as the column that it is.

    pandas notes in the metadata which column that is; where it repeats, it gives no ids.
    """
    index, notes = _index_of(table), []
    if isinstance(index, dict):
        places = range(index["start"], index["stop"], index["step"])
        counts = places == range(table.num_rows) or len(places) != table.num_rows
        table, index = (table, None) if counts else (table.append_column(INDEX, pa.array(places)), INDEX)
    if index is not None and pc.count_distinct(table[index]).as_py() < table.num_rows:
        notes = [
            f"The data frame's index ({index}) repeats, so the ids are row numbers; name a column with --id-column."
        ]
        index = None
    if index is not None and index.startswith("__index_level_"):
        table = table.rename_columns([INDEX if name == index else name for name in table.column_names])
        index = INDEX
    return Loaded(_simple(table.replace_schema_metadata(None)), index=index, notes=notes)


def _index_of(table: pa.Table) -> Any:
    """The column of the index by what pandas noted, or its range as a dict, or None."""
    try:
        index_columns = json.loads((table.schema.metadata or {})[b"pandas"])["index_columns"]
    except (KeyError, ValueError, TypeError):
        return None
    if len(index_columns) != 1 or not isinstance(index_columns[0], str | dict):
        return None
    return index_columns[0] if isinstance(index_columns[0], dict) or index_columns[0] in table.column_names else None


def _simple(table: pa.Table) -> pa.Table:
    """Columns of string_view and of UUIDs as strings: few functions of Arrow take the former."""
    for index, item in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_string_view(item.type):
            table = table.set_column(index, item.name, column.cast(pa.string()))
        elif isinstance(item.type, pa.UuidType):
            words = [None if value is None else str(value) for value in column.to_pylist()]
            table = table.set_column(index, item.name, pa.array(words, pa.string()))
    return table


def _storable(loaded: Loaded) -> Loaded:
    """Without the columns of types that Parquet cannot store, which are noted."""
    from pyarrow import parquet

    table, notes = loaded.table, list(loaded.notes)
    for item in loaded.table.schema:
        try:
            parquet.write_table(pa.schema([item]).empty_table(), pa.BufferOutputStream())
        except pa.ArrowNotImplementedError:
            notes.append(f"The column {item.name} is of {item.type}, which cannot be stored, and is left out.")
            table = table.select([name for name in table.column_names if name != item.name])
    return replace(loaded, table=table, notes=notes)
