"""Strata of suspicion, cut by what was reviewed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOO_FAR = 6.0
"""Gain of log-likelihood from which two densities of review count as different."""


def cut(suspicion: np.ndarray, is_reviewed: np.ndarray, at_least: int) -> list[np.ndarray]:
    """Rows of each stratum, the most suspicious first, those of unknown suspicion last; equals stay together.

    suspicion (N,), NaN unknown; is_reviewed (N,) bool. Cut where the density of
    review changes (so that the reviewed of a stratum lie evenly in it), then into parts of equally many reviewed.
    """
    known = np.flatnonzero(~np.isnan(suspicion))
    order = known[np.argsort(-suspicion[known], kind="stable")]
    may_cut = np.flatnonzero(np.diff(suspicion[order]) != 0) + 1  # between different values only
    cuts = _density_cuts(is_reviewed[order].astype(np.float64), may_cut, 0, 4)
    finer = [
        place
        for part in _between(cuts, len(order))
        for place in _even_cuts(is_reviewed[order], may_cut, part, at_least)
    ]
    parts = [order[start:stop] for start, stop in _between(sorted({*cuts, *finer}), len(order))]
    unknown = np.flatnonzero(np.isnan(suspicion))
    return [rows for rows in (*parts, unknown) if len(rows)]


def _between(cuts: Sequence[int], n: int) -> list[tuple[int, int]]:
    return list(zip([0, *cuts], [*cuts, n], strict=True))


def _density_cuts(seen: np.ndarray, may_cut: np.ndarray, offset: int, depth: int) -> list[int]:
    """Where the share of reviewed examples changes: the best cut, then the best within each side."""
    if not len(may_cut) or depth == 0:
        return []
    n, total = len(seen), seen.sum()
    before = np.cumsum(seen)[may_cut - 1]
    gain = _fit(before, may_cut) + _fit(total - before, n - may_cut) - _fit(total, n)
    if gain.max() < TOO_FAR:
        return []
    best = int(may_cut[gain.argmax()])
    left = _density_cuts(seen[:best], may_cut[may_cut < best], offset, depth - 1)
    right = _density_cuts(seen[best:], may_cut[may_cut > best] - best, offset + best, depth - 1)
    return [*left, offset + best, *right]


def _fit(hits: np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """Log-likelihood of `hits` of n at their own share."""
    share = np.clip(hits / n, 1e-12, 1 - 1e-12)
    return hits * np.log(share) + (n - hits) * np.log1p(-share)


def _even_cuts(seen: np.ndarray, may_cut: np.ndarray, part: tuple[int, int], at_least: int) -> list[int]:
    """Up to three cuts within a part, so that each piece has equally many reviewed, `at_least` of them."""
    start, stop = part
    places = np.flatnonzero(seen[start:stop]) + start
    pieces = min(4, len(places) // at_least)
    inside = may_cut[(may_cut > start) & (may_cut < stop)]
    if pieces < 2 or not len(inside):
        return []
    wanted = places[[len(places) * k // pieces for k in range(1, pieces)]]
    return [int(place) for place in inside[np.minimum(np.searchsorted(inside, wanted), len(inside) - 1)]]
