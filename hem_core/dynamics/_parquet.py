"""Training dynamics in a Parquet file: lists, wide, or long."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hem_core.dynamics._assemble import Piece, assemble, floats, measured, measures, texts_or_indices
from hem_core.dynamics.table import COLUMNS, LOSS, ROUNDS, Dynamics, read_parquet
from hem_core.errors import DataError


def read(path: Path) -> Dynamics:
    """Dynamics of a Parquet file, whose form follows from the column names.

    Raises DataError, with the file's name, when it has none of the forms or a row that cannot be.
    """
    try:
        table = read_parquet(path)
        return _dynamics(table)
    except pa.ArrowInvalid as error:
        raise DataError(f"'{path}' cannot be read as Parquet: {error}") from error
    except DataError as error:
        raise DataError(f"'{path}': {error}") from error


def _dynamics(table: pa.Table) -> Dynamics:
    names = table.column_names
    if "id" in names and "epoch" in names and {"logits", "target", *COLUMNS}.intersection(names):
        return _long(table)
    if "id" in names:
        lists = [
            name for name in (*COLUMNS, LOSS) if name in names and pa.types.is_nested(table.schema.field(name).type)
        ]
        if lists:
            return _per_example(table, {name: _matrix(table, name) for name in lists})
        wide = {name: _wide(table, name) for name in COLUMNS}
        if any(wide.values()):
            return _per_example(table, {name: _stacked(columns, wide) for name, columns in wide.items() if columns})
    raise DataError(
        f"it has columns {', '.join(names)}; expected id and lists confidence, margin, is_correct; or id, "
        "confidence_0, confidence_1, …; or id, epoch and confidence, margin, is_correct or logits, target"
    )


def _long(table: pa.Table) -> Dynamics:
    ids, epochs = _ids(table), floats(table["epoch"])
    if np.isnan(epochs).any():
        raise DataError(f"example '{ids[int(np.isnan(epochs).argmax())]}' has a row without an epoch")
    values = measured(table) if set(COLUMNS).intersection(table.column_names) else _from_logits(table)  # (3, n)
    rows_of = {int(epoch): np.flatnonzero(epochs == epoch) for epoch in np.unique(epochs)}
    labels, hashes = _column(table, "target", "label"), _column(table, "content_hash")

    def piece(epoch: int, rows: NDArray[np.int64]) -> Piece:
        picked = [None if column is None else [column[row] for row in rows.tolist()] for column in (labels, hashes)]
        return Piece(epoch, ids.take(pa.array(rows)), values[:, rows], targets=picked[0], hashes=picked[1])

    return assemble(piece(epoch, rows) for epoch, rows in rows_of.items())


def _from_logits(table: pa.Table) -> NDArray[np.float32]:
    if not {"logits", "target"}.issubset(table.column_names):
        raise DataError(f"logits need target, and target needs logits; it has {', '.join(table.column_names)}")
    if not pa.types.is_integer(table.schema.field("target").type):
        raise DataError(f"target must hold class indices; these are {table.schema.field('target').type}")
    logits, targets = _matrix(table, "logits"), floats(table["target"])  # (n, K), (n,)
    is_fine = np.isfinite(logits).all(axis=1) & (targets >= 0) & (targets < logits.shape[1])
    if not is_fine.all():
        first = table["id"][int(is_fine.argmin())]
        raise DataError(f"example '{first}' has a logit that is no number or a target outside [0, {logits.shape[1]})")
    return measures(logits, targets.astype(np.int64))


def _per_example(table: pa.Table, found: dict[str, NDArray[np.float32]]) -> Dynamics:
    ids = _ids(table).to_pylist()
    n_epochs = {name: values.shape[1] for name, values in found.items()}
    if len(set(n_epochs.values())) > 1:
        raise DataError(f"every measure must have the same number of epochs; there are {n_epochs}")
    id, times = Counter(ids).most_common(1)[0] if ids else ("", 0)
    if times > 1:
        raise DataError(f"id '{id}' occurs {times} times; keep one row per example")
    missing = np.full((len(ids), max(n_epochs.values())), np.nan, np.float32)
    values = [found.get(name, missing) for name in COLUMNS]
    labels, hashes = _column(table, "target", "label"), _column(table, "content_hash")
    are_rounds = ROUNDS in (table.schema.metadata or {})
    return Dynamics(ids, *values, targets=labels, hashes=hashes, losses=found.get(LOSS), are_rounds=are_rounds)


def _column(table: pa.Table, *names: str) -> list[Any] | None:
    """The first of these columns that is there: labels as class indices or text; None where there is none."""
    column = next((table[name] for name in names if name in table.column_names), None)
    return None if column is None or column.null_count == len(column) else texts_or_indices(column)


def _ids(table: pa.Table) -> pa.Array:
    ids = table["id"].combine_chunks().cast(pa.string())
    if ids.null_count:
        raise DataError(f"row {ids.is_null().index(True).as_py()} has no id")
    return ids


def _matrix(table: pa.Table, name: str) -> NDArray[np.float32]:
    """A column of n lists of equal length as (n, length)."""
    column = table[name].combine_chunks()
    if pa.types.is_fixed_size_list(column.type):
        column = column.cast(pa.list_(column.type.value_type))
    lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
    if column.null_count or len(lengths) > 1:
        raise DataError(f"every list in {name} must have the same length, with null for an epoch that was not seen")
    return floats(column.flatten()).reshape(len(column), int(lengths[0]) if len(lengths) else 0)


def _wide(table: pa.Table, measure: str) -> dict[int, NDArray[np.float32]]:
    """The columns `measure_NUMBER`, by number."""
    matches = (re.fullmatch(rf"{measure}_(\d+)", name) for name in table.column_names)
    return {int(match[1]): floats(table[match[0]]) for match in matches if match}


def _stacked(
    columns: dict[int, NDArray[np.float32]], wide: dict[str, dict[int, NDArray[np.float32]]]
) -> NDArray[np.float32]:
    """Columns as (N, E), E the epochs that any measure has."""
    numbers = sorted(set().union(*wide.values()))
    missing = np.full(len(next(iter(columns.values()))), np.nan, np.float32)
    return np.stack([columns.get(number, missing) for number in numbers], axis=1)
