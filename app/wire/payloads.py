"""Columns and pictures as bytes for the browser; nothing here knows about HTTP."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from hem_core.cells import safe_cell
from hem_core.store.id_index import IdIndex
from hem_core.store.verdicts import VERDICTS, in_state


def names(distinct: Iterable[object], first: Sequence[str] = ()) -> list[str]:
    """Distinct values as text: those of `first` that occur, in that order, then the others sorted."""
    seen = {as_text(value) for value in distinct if value is not None}
    known = [name for name in first if name in seen]
    return known + sorted(seen.difference(known))


def recoded(positions: np.ndarray, distinct: Sequence[object], categories: Sequence[str]) -> np.ndarray:
    """(N,) positions in `categories` of a column that has them in `distinct`; uint8, uint16 or int32.

    Missing values, -1 in positions, get the largest code of the type (255, 65535), or -1 in int32.
    """
    dtype = np.dtype(code_type(len(categories)))
    missing = -1 if dtype.kind == "i" else np.iinfo(dtype).max
    code_of = {name: code for code, name in enumerate(categories)}
    codes = [code_of.get(as_text(value), missing) for value in distinct]
    return np.array([*codes, missing], dtype)[positions]  # -1 is the last one


def code_type(count: int) -> str:
    """The smallest type that holds `count` categories and one code for missing: '|u1', '<u2' or '<i4'."""
    return "|u1" if count < 255 else "<u2" if count < 65535 else "<i4"


def as_text(value: object) -> str:
    """A category's name: booleans as true / false, whole floats without their point."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def pack(blobs: Sequence[bytes]) -> bytes:
    """Many byte strings in one: uint32 count, uint32 lengths, then the bytes; all little-endian."""
    head = struct.pack(f"<{len(blobs) + 1}I", len(blobs), *map(len, blobs))
    return head + b"".join(blobs)


def verdict_codes(state: pd.DataFrame, ids: IdIndex) -> np.ndarray:
    """The verdict of each example as (N,) uint8: 0 none, then the positions in VERDICTS from 1.

    ids: those of the examples. state is the tag log's fold (id, tag, …); free tags are left out.
    """
    out = np.zeros(len(ids), dtype=np.uint8)
    verdicts = in_state(state)
    rows = ids.get_indexer(verdicts.index)
    code = {tag: code for code, tag in enumerate(VERDICTS, start=1)}
    position, tags = pd.factorize(verdicts["tag"])
    values = np.array([code[tag] for tag in tags], dtype=np.uint8)[position]
    out[rows[rows >= 0]] = values[rows >= 0]
    return out


def free_tags(state: pd.DataFrame) -> dict[str, list[str]]:
    """The tags that are no verdicts, by example: id -> names; state is the tag log's fold (id, tag, …)."""
    free = state[~state["tag"].isin(VERDICTS)]
    return {str(id): part.tolist() for id, part in free.groupby("id")["tag"]}


def with_tags(table: pd.DataFrame, state: pd.DataFrame) -> pd.DataFrame:
    """The table with a column `tags`, verdicts included, joined by ", "; state is the tag log's fold (id, tag, …)."""
    tags = {str(id): ", ".join(part) for id, part in state.groupby("id")["tag"]}
    return table.assign(tags=[tags.get(id, "") for id in table["id"]])


def to_csv(table: pd.DataFrame) -> str:
    """A table as CSV; a text that a spreadsheet would run has an apostrophe before it, see `hem_core.cells`."""
    guarded = {safe_cell(str(name)): _cells(column) for name, column in table.items()}
    return pd.DataFrame(guarded, index=table.index).to_csv(index=False)


def _cells(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column
    cells = [value if isinstance(value, int | float) else safe_cell(str(value)) for value in column.tolist()]
    return pd.Series(cells, index=column.index, dtype=object).where(column.notna(), "")
