"""The files of a level of parts as one table for DuckDB: the parts and the coordinates of their map."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from hem_core.errors import RunError
from hem_core.store.damage import AGAIN, footer
from hem_core.store.definitions import WRONG
from hem_core.store.source import Source


def open_level_source(folder: Path, name: str) -> Source:
    """Read the columns of `<name>.parquet` and, where it is there, of `<name>/projection.parquet`, not their rows.

    A table with one of `label` and `given` has it under the other name too; of `error` and `is_correct` each follows
    from the other (an error below .5 is right), so that whatever reads an example's columns reads a part's.
    Raises RunError when the table is missing or the map is of other rows.
    """
    places = {"scores": f"{name}.parquet", "projection": f"{name}/projection.parquet"}
    if not (folder / places["scores"]).exists():
        raise RunError(f"{folder} has no {places['scores']}, although its run.json names the level '{name}'; {AGAIN}")
    headers = {file: footer(folder / place) for file, place in places.items() if (folder / place).exists()}
    n = headers["scores"].num_rows
    if any(header.num_rows != n for header in headers.values()):
        raise RunError(f"{places['projection']} in {folder} has another number of rows than the level; {AGAIN}")
    columns: dict[str, str] = {}
    types: dict[str, pa.DataType] = {}
    for file, header in headers.items():
        for item in header.schema.to_arrow_schema():
            columns.setdefault(item.name, file)
            types.setdefault(item.name, item.type)
    aliases = {file: list(header.schema.to_arrow_schema().names) for file, header in headers.items()}
    made = _made(columns)
    columns |= dict.fromkeys(made, "scores")
    types |= {made_name: _type(made_name, types) for made_name in made}
    sql = ", ".join(f"{expression} AS {made_name}" for made_name, expression in made.items())
    return Source(folder, columns, types, aliases, n, {}, True, sql, places)


_WAYS = {
    "label": ("given", "given"),
    "given": ("label", "label"),
    "is_correct": ("error", f"(error < {WRONG})"),
    "error": ("is_correct", "(NOT is_correct)::INT::FLOAT"),
}
"""Column -> the column that it is derived from, and the SQL."""


def _made(columns: dict[str, str]) -> dict[str, str]:
    return {name: way for name, (needs, way) in _WAYS.items() if needs in columns and name not in columns}


def _type(name: str, types: dict[str, pa.DataType]) -> pa.DataType:
    own = {"is_correct": pa.bool_(), "error": pa.float32()}
    return own[name] if name in own else types[_WAYS[name][0]]
