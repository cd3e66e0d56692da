"""An embedding of table rows without a network: numbers on one scale, categories as coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_CATEGORIES = 20
"""Values of a category that have a coordinate of their own, the commonest first; the others share one."""
FARTHEST = 10.0
"""Numbers count up to this many deviations from the mean, so that one column never decides alone."""


@dataclass(frozen=True)
class RowEmbedding:
    """Statistics of N rows. `apply(rows)` gives (n, D) float32: a row's embedding does not depend on its batch.

    A number becomes (x - mean) / deviation, a missing one its column's median. A category becomes one coordinate for
    each of its values, 1 or 0 less the value's share: two rows of different values are as far apart as two numbers
    that differ by a typical √2 deviations. A missing category is a value of its own where the rows have any.
    """

    medians: np.ndarray
    means: np.ndarray
    deviations: np.ndarray
    numbers: list[Any]
    values: dict[Any, list[Any]]
    shares: dict[Any, np.ndarray]

    @classmethod
    def of(cls, rows: Any) -> RowEmbedding:
        """Statistics of all rows: a DataFrame, or an array (N, F)."""
        frame = _frame(rows)
        numbers = [name for name in frame.columns if frame[name].dtype.kind in "fiub"]
        filled, medians = _filled(_matrix(frame, numbers), None)
        means, deviations = filled.mean(axis=0), filled.std(axis=0)
        values: dict[Any, list[Any]] = {}
        shares: dict[Any, np.ndarray] = {}
        for name in [name for name in frame.columns if name not in numbers]:
            words = _words(frame[name])
            known, counts = np.unique(words, return_counts=True)
            commonest = sorted(np.argsort(-counts, kind="stable")[:MOST_CATEGORIES])
            values[name] = known[commonest].tolist()
            shares[name] = _one_hot(words, values[name]).mean(axis=0)
        return cls(medians, means, deviations, numbers, values, shares)

    def apply(self, rows: Any) -> np.ndarray:
        """(n, D) float32 of rows with the same columns."""
        frame = _frame(rows)
        filled, _medians = _filled(_matrix(frame, self.numbers), self.medians)
        is_constant = np.less_equal(self.deviations, 1e-9 * np.abs(self.means))
        scaled = (filled - self.means) / np.where(is_constant, 1, self.deviations)
        parts = [np.where(is_constant, 0, scaled.clip(-FARTHEST, FARTHEST))]
        for name, known in self.values.items():
            parts.append(_one_hot(_words(frame[name]), known) - self.shares[name])
        return np.concatenate(parts, axis=1).astype(np.float32)


def _frame(rows: Any) -> Any:
    import pandas as pd

    return rows if hasattr(rows, "columns") else pd.DataFrame(np.asarray(rows))


def _matrix(frame: Any, names: Sequence[Any]) -> np.ndarray:
    return frame[list(names)].to_numpy(dtype=np.float64).reshape(len(frame), len(names))


def _filled(values: np.ndarray, medians: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Values with the medians in the gaps; the medians are those of the values when there are none yet."""
    if medians is None:
        medians = np.array([_median(values[:, j]) for j in range(values.shape[1])])
    return np.where(np.isnan(values), medians, values), medians


def _median(column: np.ndarray) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0


def _words(column: Any) -> np.ndarray:
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy(dtype=str)


def _one_hot(words: np.ndarray, known: Sequence[str]) -> np.ndarray:
    """(n, len(known) + 1): the last coordinate is of every other value."""
    hot = np.zeros((len(words), len(known) + 1))
    order = np.argsort(known)
    ranked = np.asarray(known)[order]
    at = np.searchsorted(ranked, words).clip(max=max(0, len(known) - 1))
    is_known = np.equal(ranked[at], words)
    hot[np.flatnonzero(is_known), order[at[is_known]]] = 1
    hot[~is_known, -1] = 1
    return hot
