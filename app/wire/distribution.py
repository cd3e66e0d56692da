"""The default distribution of a run: a column whose histogram has a shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.wire import columns
from hem_core.store.definitions import WRONG

if TYPE_CHECKING:
    from hem_core.store.level import Level

CANDIDATES = ("error_prob", "loss", "loss_oos", "margin", "difficulty")
"""Columns, the best first. A percentile is flat by construction: it comes last."""
FEWEST_DECADES, MOST_DECADES = 1, 7
"""A logarithmic axis ends this many powers of ten below the largest value; smaller values share its first bin."""

ERROR_BINS = 20


@dataclass(frozen=True)
class Headline:
    """A column and the axis that it is drawn on."""

    column: str
    title: str
    unit: str
    is_log: bool


def headline_column(level: Level) -> Headline | None:
    """The column whose distribution stands on Overview and, to begin with, in Explore.

    `error_prob` where the run has it, else the loss on a logarithmic axis; a column with fewer than two different
    values says nothing and is passed over. None when no candidate is left.
    """
    for name in CANDIDATES:
        is_log = columns.is_log(name, level)
        if level.columns().get(name) == "number" and _has_shape(level, name, is_positive=is_log):
            return Headline(name, *columns.words_of(name, level), is_log)
    return None


def edges(values: pd.Series, headline: Headline, *, bins: int = 40) -> np.ndarray:
    """(B + 1,) edges of the bins in which a column is drawn; two edges around a single value.

    A probability is binned over 0 to 1 and a percentile over 0 to 100. A logarithmic axis begins at the smallest
    positive value, but no more than MOST_DECADES below the largest: see `placed`.
    """
    known = _finite(values, is_positive=headline.is_log)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if headline.is_log:
        low = min(max(low, high / 10**MOST_DECADES), high / 10**FEWEST_DECADES)
        return np.geomspace(low, high, bins + 1)
    low, high = {"probability": (0.0, 1.0), "percentile": (0.0, 100.0)}.get(headline.unit, (low, high))
    return np.linspace(low, high, bins + 1) if high > low else np.array([low - 0.5, high + 0.5])


def placed(values: pd.Series, edges: np.ndarray) -> np.ndarray:
    """The finite values, moved to the nearest edge where they lie outside: zeros fall in a logarithmic first bin."""
    return np.clip(_finite(values), edges[0], edges[-1])


def counted(table: pd.DataFrame, headline: Headline) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(B + 1,) edges, (B,) rows that are right and (B,) that are wrong in each bin.

    table: the column, and `error`; without it every row is right.
    """
    values = pd.Series(table[headline.column])
    error = pd.Series(table["error"]).astype("float64") if "error" in table else pd.Series(0.0, values.index)
    borders = edges(values, headline)
    n_right, n_wrong = (
        np.histogram(placed(pd.Series(values[rows]), borders), borders)[0] for rows in (error < WRONG, ~(error < WRONG))
    )
    return borders, n_right, n_wrong


def errors(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(B + 1,) edges from 0, right, to 1, wrong, and how many errors are in each bin; missing ones are in none."""
    borders = np.linspace(0, 1, ERROR_BINS + 1)
    return borders, np.histogram(np.clip(values.dropna().to_numpy(float), 0, 1), borders)[0]


def _has_shape(level: Level, name: str, *, is_positive: bool) -> bool:
    if not is_positive:
        low, high = level.extent(name)
        return low is not None and high is not None and low < high
    values = level.numbers(name)
    known = values[(values > 0) & (values < np.inf)]
    return bool(len(known)) and bool(known.min() < known.max())


def _finite(values: pd.Series, *, is_positive: bool = False) -> np.ndarray:
    known = values.to_numpy(np.float64, na_value=np.nan)
    return known[np.isfinite(known) & (known > 0)] if is_positive else known[np.isfinite(known)]


def is_skewed(counts: np.ndarray) -> bool:
    """Is the largest bin more than twenty times a usual one? It would press all the others flat."""
    known = np.sort(counts[counts > 0])
    return len(known) > 2 and bool(known[-1] > 20 * known[len(known) // 2])
