"""How far off is far off: a residual measured by those of the examples around it, never by its own unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FAR = 2.0
"""Times the usual residual from which a prediction counts as wrong: there `squashed` is .5."""
GAUSSIAN = 1.4826
"""The standard deviation of a bell curve over the median of its absolute values."""
SHRINK = 5
"""How many neighbours the residuals of the whole set count as: ten neighbours alone give an unsteady scale."""
WINDOW = 50
"""Without neighbours: how many examples of the nearest predictions stand for them, at least; or a twentieth of all."""
LEAST = 1e-6
"""The smallest scale, as a share of the spread of the given values: a model that is right to the digit divides by 0."""


def squashed(ratio: np.ndarray) -> np.ndarray:
    """ratio (N,) >= 0, |residual| over its scale -> error in 0 .. 1: ratio / (ratio + 2), so .5 at twice the usual."""
    return ratio / (ratio + FAR)


def spread_of(values: np.ndarray) -> float:
    """The robust standard deviation of values, NaN left out; the plain one where half of them are equal; 1 for none."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [0.25, 0.75])
    found = float((high - low) / 1.349) or float(known.std())
    return found if found > 0 else max(1.0, abs(float(known[0])))


@dataclass(frozen=True, eq=False)
class Scales:
    """What is usual around each of N examples."""

    local: np.ndarray
    """(N,) the usual |residual| around each, as a standard deviation, in the unit of the target; > 0."""
    whole: float
    """That of all examples."""
    bias: np.ndarray
    """(N,) median residual (given − predicted) of the others around each."""


def scales(residual: np.ndarray, predicted: np.ndarray, neighbours: np.ndarray | None, spread: float) -> Scales:
    """Scales of residuals (N,), signed; the example itself is left out of its own.

    neighbours (N, k): places of the nearest others in the embedding, -1 = none; None: those of the nearest predictions
    stand for them. spread: of the given values, which bounds the scale from below.
    The local scale is the median |residual| of the neighbours, pulled towards that of the whole set as if five more
    neighbours were like the whole set.
    """
    floor = LEAST * spread
    whole = max(GAUSSIAN * float(np.median(np.abs(residual))), floor) if len(residual) else spread
    around = neighbours if neighbours is not None else by_prediction(predicted)
    if not around.size:
        return Scales(np.full(len(residual), whole), whole, np.zeros(len(residual)))
    near = np.where(around >= 0, residual[around], np.nan)  # (N, k)
    near[np.isnan(near).all(axis=1), 0] = 0.0
    k = (~np.isnan(near)).sum(axis=1)
    local = GAUSSIAN * np.nanmedian(np.abs(near), axis=1)  # (N, k) -> (N,)
    pulled = (k * local + SHRINK * whole) / (k + SHRINK)
    return Scales(np.maximum(pulled, floor), whole, np.nanmedian(near, axis=1))


def by_prediction(predicted: np.ndarray) -> np.ndarray:
    """(N, k) places of the k others with the nearest predictions: those that stand beside it when they are sorted."""
    n = len(predicted)
    k = min(max(WINDOW, n // 20), n - 1, 200)
    if k < 1:
        return np.empty((n, 0), np.int64)
    order = np.argsort(predicted, kind="stable")
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    start = np.clip(place - k // 2, 0, n - 1 - k)  # a window of k + 1 that holds the example itself
    window = start[:, None] + np.arange(k + 1)  # (N, k + 1)
    is_self = window == place[:, None]
    return order[window[~is_self].reshape(n, k)]
