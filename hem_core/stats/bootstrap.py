"""How sure a figure is when it is measured on other examples of the same kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

MOST_ROWS = 5_000
"""Of more rows this many, drawn at random, are resampled; the interval is narrowed to that of all rows."""
DRAWS = 200


def bootstrap(
    measure: Callable[..., float], *columns: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """A figure of N rows with its 95% interval: (value, low, high), low <= value <= high.

    measure: of the columns, each (N, …), resampled together; where it is NaN for a draw, the draw does not count.
    With fewer than 2 rows, or when no draw gives a number, the interval is the value itself.
    Reference: Efron 1979, doi:10.1214/aos/1176344552 (percentile interval; above 5,000 rows of a sample of them, with
    its ends moved towards the value by the square root of the sampled share).
    """
    value, n = measure(*columns), len(columns[0])
    if n < 2:
        return value, value, value
    generator = np.random.default_rng(seed)
    kept: Any = slice(None) if n <= MOST_ROWS else generator.choice(n, MOST_ROWS, replace=False)
    sampled = [column[kept] for column in columns]
    m = len(sampled[0])
    found = []
    for _ in range(draws):
        at = generator.integers(0, m, m)
        found.append(measure(*(column[at] for column in sampled)))
    known = np.array(found)[np.isfinite(found)]
    if not len(known) or not np.isfinite(value):
        return value, value, value
    middle, narrower = measure(*sampled), np.sqrt(m / n)
    low, high = value + narrower * (np.quantile(known, [0.025, 0.975]) - middle)
    return value, float(min(low, value)), float(max(high, value))
