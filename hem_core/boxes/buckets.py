"""Precision and miss rate of boxes by the bucket of an attribute: how large, how crowded, how dark, of which camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hem_core.boxes.scene import Judged
from hem_core.boxes.surroundings import BUCKETS
from hem_core.stats.wilson import wilson

if TYPE_CHECKING:
    import pandas as pd

STRATA = ((0, 0), (1, 2), (3, 5), (6, 10), (11, None))
"""Numbers of boxes, both ends included, within which images or boxes are comparable."""
MOST_VALUES = 12
QUANTILES = 5


@dataclass(frozen=True)
class Bucket:
    """One bucket: a value, or a range of numbers with both ends included."""

    name: str
    values: tuple[object, ...] | None = None
    """The values in it; None for a range."""
    low: float | None = None
    high: float | None = None


def buckets(values: pd.Series, *, counts: bool = False) -> tuple[list[Bucket], np.ndarray]:
    """The buckets of an attribute, and the bucket of each row, (R,) int64, -1 for a missing value or a rare one.

    values (R,): numbers, texts or booleans. COCO's sizes stay in their order; other texts are ordered by their
    frequency, the first 12 of them. Numbers of objects (`counts`) fall into `STRATA`, whole numbers of up to 12 values
    into these, all others into five buckets of about equal size.
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_bool_dtype(values) or not is_numeric_dtype(values):
        return _of_values(values)
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    known = numbers[np.isfinite(numbers)]
    if counts:
        return _of_ranges(numbers, [(float(low), np.inf if high is None else float(high)) for low, high in STRATA])
    distinct = np.unique(known)
    if len(distinct) <= MOST_VALUES and np.array_equal(distinct, np.round(distinct)):
        return _of_ranges(numbers, [(value, value) for value in distinct.tolist()])
    return _of_ranges(numbers, _even(known))


def rates(judged: Judged, bucket: np.ndarray, n_buckets: int) -> pd.DataFrame:
    """How well the boxes of each bucket are found; one row a bucket.

    bucket (R,): of each hypothesis, -1 for none. Columns: n_given, missed, miss_rate, miss_low, miss_high;
    n_predicted, false, precision, precision_low, precision_high. Rates are in 0 .. 1, NaN of nothing, with their 95%
    Wilson intervals.
    """

    import pandas as pd

    def count(some: np.ndarray) -> np.ndarray:
        return np.bincount(bucket[some & (bucket >= 0)], minlength=n_buckets)

    n_given, missed = count(judged.rows.is_given), count(judged.is_missed)
    n_predicted, false = count(judged.rows.predicted >= 0), count(judged.is_false)
    return pd.DataFrame(
        {"n_given": n_given, "missed": missed, **_rate("miss", missed, n_given)}
        | {"n_predicted": n_predicted, "false": false, **_rate("precision", n_predicted - false, n_predicted)}
    )


def _rate(name: str, part: np.ndarray, whole: np.ndarray) -> dict[str, np.ndarray]:
    value = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    low, high = wilson(part, whole)
    return {"miss_rate" if name == "miss" else name: value, f"{name}_low": low, f"{name}_high": high}


def _of_values(values: pd.Series) -> tuple[list[Bucket], np.ndarray]:
    n = values.value_counts()
    names = [name for name in BUCKETS if name in n.index] if set(n.index) <= set(BUCKETS) else n.index.tolist()
    kept = names[:MOST_VALUES]
    place = values.map({name: at for at, name in enumerate(kept)})
    return [Bucket(str(name), (name,)) for name in kept], place.fillna(-1).to_numpy(np.int64)


def _of_ranges(numbers: np.ndarray, ranges: list[tuple[float, float]]) -> tuple[list[Bucket], np.ndarray]:
    """Ascending ranges, both ends included; of two that touch, the value at the end belongs to the higher one."""
    found, place = [], np.full(len(numbers), -1, np.int64)
    for low, high in ranges:
        inside = (numbers >= low) & (numbers <= high)
        if inside.any():
            place[inside] = len(found)
            found.append(Bucket(_named(low, high), None, low, None if np.isinf(high) else high))
    return found, place


def _even(known: np.ndarray) -> list[tuple[float, float]]:
    """About equally many values each; the ends are values that occur, so that no value lies in two of them."""
    if not len(known):
        return []
    ordered = np.sort(known)
    starts = np.unique(ordered[np.linspace(0, len(ordered), QUANTILES, endpoint=False).astype(int)])
    ends = [float(ordered[np.searchsorted(ordered, start, "left") - 1]) for start in starts[1:]]
    return list(zip(starts.tolist(), [*ends, float(ordered[-1])], strict=True))


def _named(low: float, high: float) -> str:
    if np.isinf(high):
        return f"{low:g}+"
    return f"{low:g}" if low == high else f"{low:.3g} – {high:.3g}"
