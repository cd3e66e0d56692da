"""A pandas DataFrame as an Arrow table, its index among the columns where it says something."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pyarrow as pa

from hem_core.catalog._as_text import plain
from hem_core.errors import DataError

INDEX = "__index__"
"""The column of an index that has no name but is more than the row numbers."""


def is_frame(source: Any) -> bool:
    """Whether it is a pandas DataFrame; pandas is not imported for it."""
    return type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns")


def read_frame(frame: Any) -> tuple[pa.Table, str | None, list[str]]:
    """A DataFrame's columns, the name of the column that is its index, and what is worth noting.

    An index that has a name, or is other than 0 to n - 1, is a column and can give the ids; levels of a MultiIndex are
    columns by their names. Raises DataError for one column name twice, and for columns of mixed types.
    """
    from pandas import MultiIndex

    notes: list[str] = []
    index, rest = None, frame.reset_index(drop=True)
    columns = {}
    if isinstance(frame.index, MultiIndex):
        columns = {
            str(name): frame.index.get_level_values(level)
            for level, name in enumerate(frame.index.names)
            if name is not None
        }
    elif frame.index.name is not None or not _counts_the_rows(frame.index):
        index = INDEX if frame.index.name is None else str(frame.index.name)
        if frame.index.name is None and not frame.index.is_unique:
            notes.append(
                "The data frame's index repeats, so the ids are row numbers; reset the index or add a column id."
            )
            index = None
        else:
            columns = {index: frame.index}
    names = [*columns, *(str(name) for name in rest.columns)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"the column '{twice}' is in the DataFrame {names.count(twice)} times; give each its own name")
    arrays = {name: _column(values, name) for name, values in columns.items()}
    arrays |= {str(name): _column(rest.iloc[:, place], str(name)) for place, name in enumerate(rest.columns)}
    return pa.table(arrays), index, notes


def _counts_the_rows(index: Any) -> bool:
    """Whether it is 0 to n - 1 by its type; what a filter or a reversal leaves is not."""
    from pandas import RangeIndex

    return isinstance(index, RangeIndex) and index.start == 0 and index.step == 1


def _column(values: Any, name: str) -> pa.Array | pa.ChunkedArray:
    dtype = type(getattr(values, "dtype", None)).__name__
    if dtype == "SparseDtype":
        values = values.sparse.to_dense()
    if dtype in ("PeriodDtype", "IntervalDtype"):  # Arrow has months and intervals as numbers alone
        return pa.array([None if _is_missing(value) else str(value) for value in values], pa.string())
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, UnicodeError, OverflowError, ValueError, TypeError) as error:
        listed = [None if _is_missing(value) else value for value in values]
        if all(value is None or isinstance(value, str | int | float | PurePath) for value in listed) and not isinstance(
            error, UnicodeError
        ):
            return pa.array([plain(value) for value in listed], pa.string())
        raise DataError(f"cannot read the DataFrame: column '{name}': {' '.join(str(error).split())}") from error


def _is_missing(value: Any) -> bool:
    return value is None or value != value or type(value).__name__ == "NAType"
