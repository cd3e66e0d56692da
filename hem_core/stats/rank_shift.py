"""Whether the numbers of one group are higher than those of another, from how often each value occurs."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RankShift:
    """What `rank_shift` finds."""

    higher: float
    """Probability that a random member of the group is higher than a random one of the others, ties as a half: 0 .. 1;
    .5 = no shift. Also known as the AUROC, and as the common-language effect size."""
    low: float
    high: float
    """The ends of its 95% interval."""
    p: float
    """Of the rank test, two-sided."""


def rank_shift(group: np.ndarray, others: np.ndarray, *, z: float = 1.959964) -> RankShift:
    """The shift between two groups whose values are counted: group, others (L,) how often each of L ascending values
    occurs, each with a sum of at least 1.

    The test is that of Mann and Whitney with the correction for ties and for continuity, by the normal approximation;
    the interval is DeLong's on the scale of the logit.
    Reference: Mann & Whitney 1947, doi:10.1214/aoms/1177730491; DeLong et al. 1988, doi:10.2307/2531595.
    """
    a, b = np.asarray(group, np.float64), np.asarray(others, np.float64)
    n, m = a.sum(), b.sum()
    below_b, below_a = (np.cumsum(b) - b / 2) / m, (np.cumsum(a) - a / 2) / n  # placements of a value among the other
    higher = float((a * below_b).sum() / n)
    ties = float(((a + b) ** 3 - (a + b)).sum())
    whole = n + m
    spread = np.sqrt(n * m / 12 * (whole + 1 - ties / max(whole * (whole - 1), 1)))
    distance = max(0.0, abs(higher - 0.5) * n * m - 0.5)
    return RankShift(higher, *_interval(higher, a, below_b, b, below_a, z), _tail(distance / spread) if spread else 1.0)


def _interval(
    higher: float, a: np.ndarray, below_b: np.ndarray, b: np.ndarray, below_a: np.ndarray, z: float
) -> tuple[float, float]:
    n, m = a.sum(), b.sum()
    if n < 2 or m < 2:
        return 0.0, 1.0
    above_a = 1 - below_a
    of_group = (a * (below_b - higher) ** 2).sum() / (n - 1) / n
    of_others = (b * (above_a - higher) ** 2).sum() / (m - 1) / m
    variance = of_group + of_others
    if variance == 0 or higher in (0, 1):  # no overlap: Wilson's end of a share of all in the smaller group
        end = min(n, m) / (min(n, m) + z**2)
        return (float(end), 1.0) if higher > 0.5 else (0.0, float(1 - end)) if higher < 0.5 else (0.0, 1.0)
    inside, deviation = higher, np.sqrt(variance)
    half, middle = z * deviation / (inside * (1 - inside)), np.log(inside / (1 - inside))
    low, high = 1 / (1 + np.exp(-(middle - half))), 1 / (1 + np.exp(-(middle + half)))
    return float(min(low, higher)), float(max(high, higher))


def _tail(distance: float) -> float:
    from scipy.special import ndtr

    return float(min(1.0, 2 * ndtr(-distance)))
