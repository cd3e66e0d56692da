"""Neighbours and curves of many examples in one read, for pages that show one example after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hem_core.store.curves import COLUMNS, mapped_curves
from hem_core.store.damage import check

if TYPE_CHECKING:
    from hem_core.store.level import Level


def neighbours_of(level: Level, rows: Sequence[int], k: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The k nearest others of some rows: row numbers (M, k) int64, -1 where there are fewer, and their
    cosine distances (M, k) float32, ascending; None when the run has no neighbours."""
    graph = level.graph
    if graph is None:
        return None
    chosen = np.asarray(rows, np.int64)
    indices, distances = graph["indices"][chosen, :k], graph["distances"][chosen, :k]
    return np.asarray(indices, np.int64), np.asarray(distances, np.float32)


def curves_of(level: Level, rows: Sequence[int]) -> dict[int, dict[str, list[float | None]]]:
    """The training dynamics of some rows: row -> `confidence` and `is_correct` (1, 0), one value an epoch.

    None where a row was not seen; rows (or runs) without dynamics are left out. Raises RunError for a damaged file.
    """
    if not (level.home / "dynamics.parquet").exists():
        return {}
    found = mapped_curves(level, np.asarray(rows, np.int64))
    if found is None:
        return _queried(level, rows)
    return {
        int(row): {name: _numbers(series) for name, series in zip(COLUMNS, both, strict=True)}
        for row, both in zip(rows, found.tolist(), strict=True)
    }


def _queried(level: Level, rows: Sequence[int]) -> dict[int, dict[str, list[float | None]]]:
    """The same out of a file that lists other rows than the level, or in another order."""
    from hem_core.store.database import cursor

    path = level.home / "dynamics.parquet"
    check(path)
    row_of = dict(zip(level.at(rows, ["id"])["id"].tolist(), map(int, rows), strict=True))
    query = "SELECT id, confidence, is_correct FROM read_parquet(?) WHERE id IN (SELECT unnest(?))"
    with cursor() as session:
        found = session.execute(query, [_literal(str(path)), list(row_of)]).fetchall()
    return {row_of[id]: dict(zip(COLUMNS, map(_numbers, both), strict=True)) for id, *both in found}


def _numbers(series: Sequence[float | bool | None] | None) -> list[float | None]:
    return [None if value is None or value != value else float(value) for value in series or ()]


def _literal(path: str) -> str:
    import glob

    return glob.escape(path)
