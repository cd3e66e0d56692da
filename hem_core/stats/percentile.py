"""Where a value stands among all, 0 to 100."""

import numpy as np


def percentile(values: np.ndarray) -> np.ndarray:
    """Share of the others that lie below, in percent; equal values share the middle of their places.

    values (N,) numbers; NaN is unknown and stays NaN, infinities are the largest and the smallest.
    Returns (N,) float64 in 0 .. 100, exclusive; a single known value is at 50.
    """
    values = np.asarray(values, np.float64)
    result = np.full(values.shape, np.nan)
    known = np.isfinite(values) | np.isinf(values)
    _, place, count = np.unique(values[known], return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2
    result[known] = 100 * middle[place] / max(1, known.sum())
    return result


def percentile_within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The same, among the values of the same group only.

    values (N,) numbers; groups (N,) integers; a group below 0 is none, its values stay NaN.
    Returns (N,) float64 in 0 .. 100.
    """
    result = np.full(len(values), np.nan)
    for group in np.unique(groups[groups >= 0]):
        members = groups == group
        result[members] = percentile(np.asarray(values)[members])
    return result
