"""One whole column of a level as an array, read from its file without a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.store.damage import unreadable

if TYPE_CHECKING:
    from hem_core.store.source import Source


FEW_GROUPS = 64
"""In so many row groups the rows of a few are read as quickly as by a query, and in a tenth of its memory."""


def stored(source: Source, name: str, *, is_dictionary: bool = True) -> pa.ChunkedArray | None:
    """A column in the order of the rows, its pages checked. is_dictionary: texts come as one.

    None where it is made of other columns, or its file has its rows in another order. Raises RunError.
    """
    if not _is_in_order(source, name):
        return None
    file = source.columns[name]
    path, own = source.path(file), source.stored_name(file, name)
    if source.stored[file].count(own) > 1 or pa.types.is_nested(source.types[name]):
        return None
    as_dictionary = [own] if is_dictionary and _is_text(source.types[name]) else []
    try:
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=as_dictionary) as opened:
            return opened.read([own]).column(0)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def is_in_file(source: Source, name: str) -> bool:
    """Whether a column is stored in the order of the rows, under a name of its own and in a type that a query keeps."""
    if not _is_in_order(source, name):
        return False
    file, type_ = source.columns[name], source.types[name]
    inner = type_.value_type if pa.types.is_list(type_) or pa.types.is_fixed_size_list(type_) else type_
    return is_plain(inner) and source.stored[file].count(source.stored_name(file, name)) == 1


def _is_in_order(source: Source, name: str) -> bool:
    """Whether a file holds a column itself, with the rows in the order of the level."""
    file = source.columns.get(name, "")
    return name in source.aliases.get(file, ()) and (file != "catalog" or source.is_catalog_aligned)


def columns(source: Source, file: str, names: list[str]) -> dict[str, pa.ChunkedArray]:
    """Some columns of one file, their pages checked. Raises RunError for a file that is damaged."""
    stored_names = [source.stored_name(file, name) for name in names]
    try:
        with pq.ParquetFile(source.path(file), page_checksum_verification=True) as opened:
            table = opened.read(stored_names)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(source.path(file), error) from error
    return {name: table[own] for name, own in zip(names, stored_names, strict=True)}


def few(source: Source, file: str, names: list[str], rows: np.ndarray) -> pa.Table | None:
    """Some columns of one file at some rows (M,), its pages checked; None when they are in more than FEW_GROUPS groups.

    Raises RunError for a file that is damaged.
    """
    header, stored_names = source.headers[file], [source.stored_name(file, name) for name in names]
    starts = np.cumsum([0] + [header.row_group(k).num_rows for k in range(header.num_row_groups)])
    group_of = np.searchsorted(starts, rows, side="right") - 1
    groups = np.unique(group_of)
    if len(groups) > FEW_GROUPS:
        return None
    try:
        with pq.ParquetFile(source.path(file), page_checksum_verification=True) as opened:
            parts = [
                opened.read_row_group(int(group), columns=stored_names).take(rows[group_of == group] - starts[group])
                for group in groups
            ]
    except (pa.ArrowException, OSError) as error:
        raise unreadable(source.path(file), error) from error
    found = np.argsort(np.concatenate([np.flatnonzero(group_of == group) for group in groups]))
    whole = pa.concat_tables(parts).take(found)
    return pa.table({name: whole[own] for name, own in zip(names, stored_names, strict=True)})


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers or truth values as (N,) float32, NaN where they are missing."""
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    out = np.empty(len(column), np.float32)
    at = 0
    for chunk in column.chunks:
        values = chunk.to_numpy(zero_copy_only=False)  # missing ones are NaN
        out[at : at + len(chunk)] = values
        at += len(chunk)
    return out


def extent(values: np.ndarray) -> tuple[float | None, float | None]:
    """The smallest and largest finite value of an array, or two Nones where there is none (JSON has no NaN)."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (None, None)


def noted_extent(source: Source, name: str) -> tuple[float, float] | None:
    """The smallest and largest number of a stored column as float32, by what its file notes of each row group.

    None where the file does not note it, or one of them is not finite.
    """
    file = source.columns[name]
    if name not in source.aliases[file] or not pa.types.is_floating(source.types[name]):
        return None
    header, own = source.headers[file], source.stored_name(file, name)
    groups = [header.row_group(k) for k in range(header.num_row_groups)]
    at = [k for k in range(header.num_columns) if groups and groups[0].column(k).path_in_schema == own]
    noted = [group.column(at[0]).statistics for group in groups] if len(at) == 1 else []
    if not noted or not all(one is not None and one.has_min_max for one in noted):
        return None
    ends = np.array([[one.min for one in noted], [one.max for one in noted]], np.float32)
    return (float(ends[0].min()), float(ends[1].max())) if np.isfinite(ends).all() else None


def categories(column: pa.ChunkedArray) -> tuple[np.ndarray, list[Any]]:
    """Names as (N,) int32 positions in the distinct values, -1 where they are missing, and these values."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    out = np.full(len(column), -1, np.int32)
    at = 0
    for chunk in column.chunks:
        indices = chunk.indices
        out[at : at + len(chunk)] = (indices.fill_null(-1) if indices.null_count else indices).to_numpy()
        at += len(chunk)
    return out, column.chunk(0).dictionary.to_pylist() if column.num_chunks else []


def is_plain(type_: pa.DataType) -> bool:
    """Whether a query gives values of a type as they are stored."""
    is_number = pa.types.is_integer(type_) or pa.types.is_float32(type_) or pa.types.is_float64(type_)
    return is_number or pa.types.is_boolean(type_) or pa.types.is_string(type_)


def _is_text(type_: pa.DataType) -> bool:
    return pa.types.is_string(type_) or pa.types.is_large_string(type_)
