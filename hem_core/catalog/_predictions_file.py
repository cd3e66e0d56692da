"""Predictions in a file of their own, beside the data: their columns are added by id, or by the name of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import pyarrow as pa

from hem_core.catalog._as_text import as_text
from hem_core.catalog._column_types import typed
from hem_core.catalog._compute import pc
from hem_core.catalog._frame import INDEX
from hem_core.catalog._image_column import is_full_of_names
from hem_core.catalog._table_file import is_text, load
from hem_core.errors import DataError
from hem_core.paths import check_path

Column: TypeAlias = pa.ChunkedArray | pa.Array
DEEPEST = 3
"""Parts of a path that are compared at most: split/class/picture."""


def predictions_by_id(predictions: str | Path, ids: Column, known: Mapping[str, Column]) -> dict[str, pa.Array]:
    """The columns of a .csv, .parquet or .jsonl in the order of these ids; null where it lacks one.

    Rows are found by the column `id`, else by one of file names of pictures: by the whole path, or by its last parts
    where these are unique. known: the columns of the data; one that the file repeats with the same values is dropped.
    Raises DataError when the file has neither column, repeats an id, has none of these, or has a column that the data
    have too, with other values.
    """
    if not isinstance(predictions, str | Path):
        raise DataError("predictions from Python are for annotations of boxes; beside a table, name a file with ids")
    path = Path(predictions)
    check_path(path, "the predictions")
    if not path.is_file():
        raise DataError(f"no predictions at '{path}'; give a .csv, .parquet or .jsonl with a column id")
    table = load(path, path, ("id",)).table
    key, place = key_and_place(table, path, ids)
    found = {}
    for each in table.column_names:
        if each in (key, INDEX) or each.casefold() == "id":
            continue
        if each in known and _is_same(table[each].take(place), known[each]):
            continue
        if each in known:
            raise DataError(f"the column '{each}' is in '{path}' and in the data; rename it in one of them")
        column = typed(table[each]) if is_text(table.schema.field(each).type) else table[each]
        found[each] = column.take(place)
    return found


def key_and_place(table: pa.Table, path: Path, ids: Column) -> tuple[str, pa.Array]:
    """The column of a table of predictions by which its rows are found, and (N,) the row of each id, null without one.

    path: of the table, for errors.
    """
    keys = list(_keys(table))
    if not keys:
        listed = ", ".join(table.column_names[:8])
        raise DataError(f"'{path}' has no column id among {listed}, nor one of file names; predictions go by id")
    for key in keys:
        own, wanted = as_text(table[key], key, "id").combine_chunks(), _whole(ids)
        if len(own.unique()) < len(own):
            raise DataError(f"'{path}' has {len(own) - len(own.unique())} ids more than once; give one prediction each")
        place = pc.index_in(wanted, value_set=own)
        if place.null_count == len(place) and key.casefold() != "id":
            place = _by_last_parts(own, wanted, path)
        if place.null_count < len(place):
            return key, place
    raise DataError(f"'{path}' has none of the {len(ids):,} ids of the data, such as '{ids[0].as_py()}'")


def _keys(table: pa.Table) -> Iterator[str]:
    """The columns that may tell which row is of which example: the ids, then those of file names."""
    yield from (name for name in table.column_names if name.casefold() == "id")
    yield from (name for name in table.column_names if is_text(table[name].type) and is_full_of_names(table[name]))


def _by_last_parts(own: pa.Array, wanted: pa.Array, path: Path) -> pa.Array:
    """(N,) the row of each path, by as many of its last parts as both sides have."""
    for n_parts in range(DEEPEST, 0, -1):
        there, asked = _last_parts(own, n_parts), _last_parts(wanted, n_parts)
        place = pc.index_in(asked, value_set=there)
        if place.null_count == len(place):
            continue
        if len(asked.unique()) < len(asked) or len(there.unique()) < len(there):
            raise DataError(
                f"'{path}' names pictures as '{there[0].as_py()}', and several have the same name; name each by its "
                f"path below the folder, such as '{wanted[0].as_py()}'"
            )
        return place
    return pa.nulls(len(wanted), pa.int32())


def _last_parts(paths: pa.Array, n_parts: int) -> pa.Array:
    split = (PurePosixPath((text or "").replace("\\", "/")).parts for text in paths.to_pylist())
    return pa.array(["/".join(parts[-n_parts:]) for parts in split], pa.string())


def _whole(ids: Column) -> pa.Array:
    return ids if isinstance(ids, pa.Array) else ids.combine_chunks()


def _is_same(column: pa.ChunkedArray, known: Column) -> bool:
    return column.to_pylist() == known.to_pylist()
