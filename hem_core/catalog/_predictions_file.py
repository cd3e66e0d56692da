"""Predictions in a file of their own, beside the data: their columns are added by id, or by the name of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from hem_core.catalog._as_text import as_text
from hem_core.catalog._column_types import table_in_types, typed
from hem_core.catalog._compute import pc
from hem_core.catalog._frame import INDEX
from hem_core.catalog._image_column import is_full_of_names
from hem_core.catalog._paths_alike import places_by_path
from hem_core.catalog._table_file import is_text, load
from hem_core.errors import DataError
from hem_core.paths import check_path

Column: TypeAlias = pa.ChunkedArray | pa.Array


def predictions_by_id(predictions: str | Path, ids: Column, known: Mapping[str, Column]) -> dict[str, pa.Array]:
    """The columns of a .csv, .parquet or .jsonl in the order of these ids; null where it lacks one.

    Rows are found by the column `id`, else by one of file names of pictures: by the whole path, or by its last parts
    where these are unique. known: the columns of the data; one that the file repeats is dropped where its rows have the
    same values. Raises DataError when the file has neither column, repeats an id, has none of these, or has a column
    that the data have too, with other values.
    """
    if not isinstance(predictions, str | Path):
        raise DataError("predictions from Python are for annotations of boxes; beside a table, name a file with ids")
    path = Path(predictions)
    check_path(path, "the predictions")
    if not path.is_file():
        raise DataError(f"no predictions at '{path}'; give a .csv, .parquet or .jsonl with a column id")
    table, comma = _load(path)
    key, place = key_and_place(table, path, ids)
    found = {}
    for each in table.column_names:
        if each in (key, INDEX) or _is_id(each):
            continue
        if each not in known:
            found[each] = table[each].take(place)
        elif not _is_same(table[each], known[each], place, comma=comma):
            raise DataError(
                f"the column '{each}' is in '{path}' and, with other values, in the data; rename it in one of them"
            )
    return found


def _load(path: Path) -> tuple[pa.Table, bool]:
    """The table with typed columns, but for the ids, and whether 0,7 is a number in it."""
    loaded = load(path, path, ("id",))
    names = [name for name in loaded.table.column_names if not _is_id(name)]
    return table_in_types(loaded.table, names, may_have_comma=loaded.separator == ";")


def key_and_place(table: pa.Table, path: Path, ids: Column) -> tuple[str, pa.Array]:
    """The column of a table of predictions by which its rows are found, and (N,) the row of each id, null without one.

    path: of the table, for errors.
    """
    keys = list(_keys(table))
    if not keys:
        listed = ", ".join(table.column_names[:8])
        raise DataError(f"'{path}' has no column id among {listed}, nor one of file names; predictions go by id")
    wanted, repeated = _whole(ids), ""
    for key in keys:
        own = as_text(table[key], key, "id").combine_chunks()
        n_twice = len(own) - own.null_count - len(own.drop_null().unique())
        if n_twice:
            repeated = repeated or f"'{path}' has {n_twice:,} {_what(key)} more than once; give one prediction each"
            if _is_id(key):
                break
            continue  # a placeholder, say, and another column has the names
        place = pc.index_in(wanted, value_set=own)
        if place.null_count and not _is_id(key):
            place = places_by_path(own, wanted, f"'{path}'")
        if place.null_count < len(place):
            return key, place
    none = f"'{path}' has none of the {len(ids):,} ids of the data, such as '{ids[0].as_py()}'"
    raise DataError(repeated or none)


def _is_id(key: str) -> bool:
    return key.casefold() == "id"


def _what(key: str) -> str:
    return "ids" if _is_id(key) else f"file names in the column '{key}'"


def _keys(table: pa.Table) -> Iterator[str]:
    """The columns that may tell which row is of which example: the ids, then those of file names."""
    yield from (name for name in table.column_names if _is_id(name))
    yield from (name for name in table.column_names if is_text(table[name].type) and is_full_of_names(table[name]))


def _whole(ids: Column) -> pa.Array:
    return ids if isinstance(ids, pa.Array) else ids.combine_chunks()


def _is_same(column: pa.ChunkedArray, known: Column, place: pa.Array, *, comma: bool) -> bool:
    """Whether a column has the values of the data, in the rows that both have."""
    has_row = place.is_valid()
    own, other = column.take(place.filter(has_row)), known.filter(has_row)
    pairs = zip(_plain(own, comma=comma), _plain(other, comma=comma), strict=True)
    return all(a == b or (a != a and b != b) for a, b in pairs)  # NaN is not NaN


def _plain(column: Column, *, comma: bool) -> list[Any]:
    """The values as numbers and dates, where text stands for them."""
    values = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    values = values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
    return (typed(values, decimal_comma=comma) if is_text(values.type) else values).to_pylist()
