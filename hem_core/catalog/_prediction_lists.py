"""Lists of numbers, one an example, in the data or in a file by id: `logits` or `probs`, and `embedding`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._frame import is_frame
from hem_core.catalog._predictions_file import key_and_place
from hem_core.catalog._table_file import load, suffix_format
from hem_core.class_columns import EMBEDDING, LISTS
from hem_core.errors import DataError


def prediction_lists(data: Any, predictions: str | Path | None, ids: pa.ChunkedArray) -> pa.Table | None:
    """A table of one column, `logits` or `probs`, in the order of these ids: a list of numbers a row, null without one.

    data: the source of the catalog; predictions: a file by id, which is looked at first. A .csv has lists as JSON
    writes them. None where neither has such a column. Raises DataError when it has both, or a cell is no list.
    """
    for source, is_by_id in ((predictions, True), (data, False)):
        table = _with_any(LISTS, source)
        if table is None:
            continue
        found = [name for name in LISTS if name in table.column_names]
        where = f"'{source}'" if isinstance(source, str | Path) else "the table"
        if len(found) == 2:
            raise DataError(f"{where} has both logits and probs; keep one, so that it is clear which is scored")
        return pa.table({found[0]: _lists(table, found[0], source, ids if is_by_id else None)})
    return None


def embedding_lists(data: Any, predictions: str | Path | None, ids: pa.ChunkedArray) -> pa.Table | None:
    """The same of the column `embedding`: of the file by id, which is looked at first, else of the data.

    None where neither has one. Raises DataError for a cell that is no list.
    """
    for source, is_by_id in ((predictions, True), (data, False)):
        try:
            table = _with_any((EMBEDDING,), source)
        except DataError:  # no table, such as annotations of boxes in one JSON object: it has been read otherwise
            table = None
        if table is not None:
            return pa.table({EMBEDDING: _lists(table, EMBEDDING, source, ids if is_by_id else None)})
    return None


def _lists(table: pa.Table, name: str, source: Any, ids: pa.ChunkedArray | None) -> pa.Array:
    """A column as lists of numbers; in the order of ids, where these are given."""
    where = f"'{source}'" if isinstance(source, str | Path) else "the table"
    column = table[name] if ids is None else table[name].take(key_and_place(table, Path(str(source)), ids)[1])
    return pa.array([_numbers(value, name, where) for value in column.to_pylist()], pa.list_(pa.float64()))


def _with_any(names: Sequence[str], source: Any) -> pa.Table | None:
    """The table of a source that has one of these columns; None for any other."""
    if isinstance(source, str | Path):
        path = Path(source)
        kind = suffix_format(path) if path.is_file() else ""
        if kind == "parquet":
            from pyarrow import parquet

            has = set(names) & set(parquet.read_schema(path).names)
            return parquet.ParquetFile(path).read() if has else None
        table = load(path, path, names).table if kind else None
    elif is_frame(source):
        has = [name for name in names if name in source.columns]
        return pa.table({name: pa.array([_plain(row) for row in source[name]]) for name in has}) if has else None
    else:
        table = source if isinstance(source, pa.Table) else None
    return table if table is not None and set(names) & set(table.column_names) else None


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _numbers(value: Any, name: str, where: str) -> list[float] | None:
    """A list of numbers, also as JSON text; None for an empty cell. Raises DataError for anything else."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = json.loads(value) if isinstance(value, str) else value
        return [float("nan") if each is None else float(each) for each in found]
    except (ValueError, TypeError) as error:
        raise DataError(f"'{name}' in {where} holds {str(value)[:60]!r}; expected a list of numbers a row") from error
