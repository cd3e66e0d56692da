"""How strongly something sets a group apart, on one scale for shares and for shifts of numbers."""

from __future__ import annotations

import numpy as np

from hem_core.stats.wilson import wilson


def strength_of_shares(inside: np.ndarray, n: int, outside: np.ndarray, m: int) -> np.ndarray:
    """The information in bits (0 .. 1) that something had by `inside` of n rows, and by `outside` of m others, gives on
    which of the two groups a row is from: the Jensen-Shannon divergence, of the difference that is certain at 95%.

    inside, outside (C,) counts. Returns (C,).
    Reference: Lin 1991, doi:10.1109/18.61115; the difference is Newcombe's, doi:10.1002/(SICI)1097-0258(19980430).
    """
    p, q = np.asarray(inside) / n, np.asarray(outside) / m
    (p_low, p_high), (q_low, q_high) = wilson(inside, np.full(np.shape(p), n)), wilson(outside, np.full(np.shape(q), m))
    doubt = np.where(p > q, np.hypot(p - p_low, q_high - q), np.hypot(p_high - p, q - q_low))
    sure = np.sign(p - q) * np.maximum(np.abs(p - q) - doubt, 0)
    return divergence(np.clip(q + sure, 0, 1), q)


def strength_of_shift(sure: float) -> float:
    """The same of a number: sure, .5 .. 1, is the probability that a row of the group is on its side of a row of the
    others, at the end of its interval. As of two normal distributions, cut half-way between them."""
    from scipy.special import ndtr, ndtri

    share = float(ndtr(ndtri(min(sure, 1 - 1e-9)) / np.sqrt(2)))
    return float(divergence(np.array([share]), np.array([1 - share]))[0])


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of two shares, in bits: 0 .. 1."""
    return _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2


def _entropy(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(one > 0, -one * np.log2(one), 0) for one in (p, 1 - p)]
    return parts[0] + parts[1]
