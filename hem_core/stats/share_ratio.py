"""The ratio of two shares, with its confidence interval."""

import numpy as np
import numpy.typing as npt

from hem_core.stats.wilson import wilson


def share_ratio(
    hits: npt.ArrayLike, n: npt.ArrayLike, other_hits: npt.ArrayLike, other_n: npt.ArrayLike, *, z: float = 1.959964
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many times as frequent something is in one group as in another: (hits / n) / (other_hits / other_n).

    All are counts of one shape, n and other_n at least 1. Returns (ratio, low, high), by default at 95%, each in
    0 .. inf: a share of 0 elsewhere gives a ratio and an upper end of infinity (NaN where both shares are 0).
    Reference: the method of variance estimates recovery over Wilson's intervals, Donner & Zou 2012,
    doi:10.1177/0962280210383082.
    """
    a, size, b, other = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (hits, n, other_hits, other_n)))
    p, q = a / size, b / other
    (p_low, p_high), (q_low, q_high) = wilson(a, size, z=z), wilson(b, other, z=z)
    p_low, q_low = np.where(a > 0, p_low, 0), np.where(b > 0, q_low, 0)
    product = p * q
    below = np.maximum(product**2 - p_low * q_high * (2 * p - p_low) * (2 * q - q_high), 0)
    above = np.maximum(product**2 - p_high * q_low * (2 * p - p_high) * (2 * q - q_low), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = (product - np.sqrt(below)) / (q_high * (2 * q - q_high))
        high = np.where(q_low > 0, (product + np.sqrt(above)) / (q_low * (2 * q - q_low)), np.inf)
        ratio = p / q
    # Where the denominator of the closed form is 0, its limit.
    limit = p_low * (2 * p - p_low) / np.where(product > 0, 2 * product, 1)
    low = np.where(np.isfinite(low), low, limit)
    return ratio, np.maximum(low, 0), high
