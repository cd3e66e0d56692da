"""The mean of a few repetitions, such as seeds, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mean_interval(values: Sequence[float] | np.ndarray) -> tuple[float, float, float]:
    """The mean of one number per repetition, and the ends of its 95% interval; NaN for one repetition.

    values: (n,), n at least 1.
    Reference: Student 1908, doi:10.1093/biomet/6.1.1.
    """
    from scipy.stats import t

    numbers = np.asarray(values, np.float64)
    mean, n = float(numbers.mean()), len(numbers)
    if n < 2:
        return mean, float("nan"), float("nan")
    half = float(t.ppf(0.975, n - 1) * numbers.std(ddof=1) / n**0.5)
    return mean, mean - half, mean + half
