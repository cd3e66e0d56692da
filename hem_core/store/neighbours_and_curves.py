"""Neighbours and curves of many examples in one read, for pages that show one example after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

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


def curves_of(level: Level, ids: Sequence[str]) -> dict[str, dict[str, list[float | None]]]:
    """The training dynamics of some examples: id -> `confidence` and `is_correct` (1, 0), one value an epoch.

    None where an example was not seen; examples (or runs) without dynamics are left out.
    """
    from hem_core.store.database import cursor

    path = level.home / "dynamics.parquet"
    if not path.exists():
        return {}
    check(path)
    query = "SELECT id, confidence, is_correct FROM read_parquet(?) WHERE id IN (SELECT unnest(?))"
    with cursor() as session:
        rows = session.execute(query, [_literal(str(path)), list(ids)]).fetchall()
    return {
        id: {"confidence": _numbers(confidence), "is_correct": _numbers(is_correct)}
        for id, confidence, is_correct in rows
    }


def _numbers(series: Sequence[float | bool | None] | None) -> list[float | None]:
    return [None if value is None or value != value else float(value) for value in series or ()]


def _literal(path: str) -> str:
    import glob

    return glob.escape(path)
