"""Predictions in a file of their own, beside a table: their columns are added to it by id."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from hem_core.catalog._as_text import as_text
from hem_core.catalog._column_types import typed
from hem_core.catalog._compute import pc
from hem_core.catalog._frame import INDEX
from hem_core.catalog._table_file import is_text, load
from hem_core.errors import DataError
from hem_core.paths import check_path


def predictions_by_id(predictions: str | Path, ids: pa.ChunkedArray | pa.Array, known: set[str]) -> dict[str, pa.Array]:
    """The columns of a .csv, .parquet or .jsonl with a column `id`, in the order of these ids; null where one lacks.

    known: the columns that the table has. Raises DataError when the file has no ids, repeats one, has none of these, or
    has a column that the table has too.
    """
    if not isinstance(predictions, str | Path):
        raise DataError("predictions from Python are for annotations of boxes; beside a table, name a file with ids")
    path = Path(predictions)
    check_path(path, "the predictions")
    if not path.is_file():
        raise DataError(f"no predictions at '{path}'; give a .csv, .parquet or .jsonl with a column id")
    table = load(path, path, ("id",)).table
    place = place_of_ids(table, path, ids)
    rest = [each for each in table.column_names if each.casefold() != "id" and each != INDEX]
    twice = next((each for each in rest if each in known), None)
    if twice is not None:
        raise DataError(f"the column '{twice}' is in '{path}' and in the data; rename it in one of them")
    found = {}
    for each in rest:
        column = typed(table[each]) if is_text(table.schema.field(each).type) else table[each]
        found[each] = column.take(place)
    return found


def place_of_ids(table: pa.Table, path: Path, ids: pa.ChunkedArray | pa.Array) -> pa.Array:
    """(N,) the row of each id in a table of predictions, null where it has none; path: of the table, for errors."""
    name = next((each for each in table.column_names if each.casefold() == "id"), None)
    if name is None:
        raise DataError(f"'{path}' has no column id among {', '.join(table.column_names[:8])}; predictions go by id")
    own = as_text(table[name], name, "id")
    if len(own.unique()) < len(own):
        raise DataError(f"'{path}' has {len(own) - len(own.unique())} ids more than once; give one prediction each")
    place = pc.index_in(pa.chunked_array([ids]) if isinstance(ids, pa.Array) else ids, value_set=own.combine_chunks())
    if place.null_count == len(place):
        raise DataError(f"'{path}' has none of the {len(place):,} ids of the data, such as '{ids[0].as_py()}'")
    return place.combine_chunks() if isinstance(place, pa.ChunkedArray) else place
