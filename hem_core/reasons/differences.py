"""In which features one row of a table differs from its neighbours, the most unusual first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

NORMAL_IQR = 1.349
"""Interquartile range of a normal distribution of standard deviation 1."""


@dataclass(frozen=True)
class Difference:
    """One feature of an example compared with its k neighbours."""

    name: str
    value: Any
    """The example's value; None where it is missing."""
    usual: Any
    """Median (numbers) or most frequent value (categories) of the neighbours; None where all are missing."""
    distance: float | None
    """Numbers: (value - median) in spreads of the column, signed; None for categories and missing values."""
    same: int | None
    """Categories and missing values: how many of the k neighbours have the same; None for numbers."""
    of: int
    """k, the number of neighbours."""
    unusual: float
    """0 .. 1, higher = more unusual; comparable between numbers and categories."""


def spread(values: pd.Series) -> float:
    """How far the values of a column of numbers lie apart: interquartile range / 1.349, in its unit.

    The standard deviation where the middle half is one value; 0 for a constant or empty column. NaN is left out.
    """
    known = _numbers(values)
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0
    low, high = np.quantile(known, [0.25, 0.75])
    return float((high - low) / NORMAL_IQR or known.std())


def differences(
    example: Mapping[str, Any],
    neighbours: pd.DataFrame,
    features: Sequence[Mapping[str, str]],
    spreads: Mapping[str, float],
) -> list[Difference]:
    """Compare an example with its neighbours, feature by feature; the most unusual first, ties in the given order.

    example: feature -> value; neighbours: k rows with the same columns, k may be 0; features: `name` and `kind`
    ('number' or 'category'); spreads: `spread` of each column of numbers over the whole data.
    unusual: for numbers z / (1 + z), z = |distance|, so that .5 is one spread away; for categories, and where a
    value is missing, 1 - (same + 1) / (k + 2): Laplace's rule, so that few neighbours say little.
    """
    found = [
        _number(str(one["name"]), example, neighbours, spreads)
        if one["kind"] == "number"
        else _category(str(one["name"]), example, neighbours)
        for one in features
    ]
    return sorted(found, key=lambda difference: -difference.unusual)


def _number(
    name: str, example: Mapping[str, Any], neighbours: pd.DataFrame, spreads: Mapping[str, float]
) -> Difference:
    others = _numbers(pd.Series(neighbours[name]))
    is_missing = np.isnan(others)
    median = None if is_missing.all() else float(np.median(others[~is_missing]))
    value = None if pd.isna(example[name]) else float(example[name])
    if value is None or median is None:
        same = int(is_missing.sum()) if value is None else 0
        return Difference(name, value, median, None, same, len(others), _rarity(same, len(others)))
    if value == median:
        return Difference(name, value, median, 0.0, None, len(others), 0.0)
    width = spreads.get(name, 0.0)
    distance = float((value - median) / width) if width > 0 else float(np.copysign(np.inf, value - median))
    size = abs(distance)
    unusual = 1.0 if np.isinf(size) else size / (1 + size)
    return Difference(name, value, median, distance, None, len(others), unusual)


def _category(name: str, example: Mapping[str, Any], neighbours: pd.DataFrame) -> Difference:
    others = neighbours[name]
    value = None if pd.isna(example[name]) else example[name]
    same = int(np.count_nonzero(others.isna() if value is None else others == value))
    counts = others.dropna().value_counts(sort=True)
    usual = counts.index[0] if len(counts) else None
    return Difference(name, value, usual, None, same, len(others), _rarity(same, len(others)))


def _rarity(same: int, k: int) -> float:
    return 1 - (same + 1) / (k + 2)


def _numbers(values: pd.Series) -> np.ndarray:
    return np.asarray(pd.to_numeric(values, errors="coerce"), np.float64)
