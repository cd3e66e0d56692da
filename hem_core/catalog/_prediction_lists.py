"""Predictions that stand as one list an example in a column `logits` or `probs`, in the data or in a file by id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._frame import is_frame
from hem_core.catalog._predictions_file import place_of_ids
from hem_core.catalog._table_file import load, suffix_format
from hem_core.class_columns import LISTS
from hem_core.errors import DataError


def prediction_lists(data: Any, predictions: str | Path | None, ids: pa.ChunkedArray) -> pa.Table | None:
    """A table of one column, `logits` or `probs`, in the order of these ids: a list of numbers a row, null without one.

    data: the source of the catalog; predictions: a file by id, which is looked at first. A .csv has lists as JSON
    writes them. None where neither has such a column. Raises DataError when it has both, or a cell is no list.
    """
    for source, is_by_id in ((predictions, True), (data, False)):
        table = _with_lists(source)
        if table is None:
            continue
        found = [name for name in LISTS if name in table.column_names]
        where = f"'{source}'" if isinstance(source, str | Path) else "the table"
        if len(found) == 2:
            raise DataError(f"{where} has both logits and probs; keep one, so that it is clear which is scored")
        column = table[found[0]]
        column = column.take(place_of_ids(table, Path(str(source)), ids)) if is_by_id else column
        rows = [_numbers(value, found[0], where) for value in column.to_pylist()]
        return pa.table({found[0]: pa.array(rows, pa.list_(pa.float64()))})
    return None


def _with_lists(source: Any) -> pa.Table | None:
    """The table of a source that has a column of predictions; None for any other."""
    if isinstance(source, str | Path):
        path = Path(source)
        kind = suffix_format(path) if path.is_file() else ""
        if kind == "parquet":
            from pyarrow import parquet

            has = set(LISTS) & set(parquet.read_schema(path).names)
            return parquet.ParquetFile(path).read() if has else None
        table = load(path, path, LISTS).table if kind else None
    elif is_frame(source):
        has = [name for name in LISTS if name in source.columns]
        return pa.table({name: pa.array([_plain(row) for row in source[name]]) for name in has}) if has else None
    else:
        table = source if isinstance(source, pa.Table) else None
    return table if table is not None and set(LISTS) & set(table.column_names) else None


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
