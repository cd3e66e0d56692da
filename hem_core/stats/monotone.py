"""A probability that rises with every column: non-negative logistic regression, then an isotonic curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS = 8
PULL = 1.0
"""Weight, in examples, of the prior that all evidence counts the same: without errors the rank-mean is left."""
LEVEL = 0.5
"""Fraction of a plateau that stays level: 0 bends a step (a 1% error reaches .26 nearby), 1 makes stairs of a slope."""
BINS = 50
"""At least so many bins where there are 500 examples; 200 of a dozen each bend the curve towards the mean."""
MOST_IN_BIN = 100
PART = 0.02
"""By how much, in logits, the examples of one plateau are drawn apart: it orders them and changes nothing else."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A fitted probability. `weights` (F,) >= 0; the curve goes through (at, prob), both rising, and is flat beyond."""

    weights: np.ndarray
    at: np.ndarray
    prob: np.ndarray
    spread: float

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """(N, F) -> (N,) probabilities, strictly between 0 and 1; strictly higher for a higher sum."""
        total = columns @ self.weights
        prob = np.clip(np.interp(total, self.at, self.prob), 1e-9, 1 - 1e-9)
        place = np.tanh((total - self.at[len(self.at) // 2]) / self.spread)
        return _sigmoid(np.log(prob / (1 - prob)) + PART * place)


def basis(ranks: np.ndarray) -> np.ndarray:
    """(N, F) ranks in 0 .. 1 -> (N, 2F): each rank, and how far up the tail it is; both rise with it."""
    return np.concatenate([ranks, -np.log1p(-np.minimum(ranks, 1 - 1e-9))], axis=1)


def fit_weights(columns: np.ndarray, wrong: np.ndarray, trials: np.ndarray) -> np.ndarray:
    """Weights >= 0 of a logistic regression of `wrong` of `trials` trials (both (N,) counts) on columns (N, F): (F,).

    Newton's steps, each solved under the bound; a weak pull draws all weights to one equal value above 0.
    """
    n_columns = columns.shape[1]
    weights = prior = np.full(n_columns, 1 / n_columns)
    if not trials.any():
        return prior
    share = (wrong.sum() + 0.5) / (trials.sum() + 1)
    score = np.full(len(columns), np.log(share / (1 - share)))
    for _ in range(ROUNDS):
        prob = _sigmoid(score)
        worth = np.maximum(trials * prob * (1 - prob), 1e-9)
        goal = score + (wrong - trials * prob) / worth
        middle = (worth @ columns) / worth.sum()
        centred, level = columns - middle, (worth @ goal) / worth.sum()
        square = centred.T @ (worth[:, None] * centred) + PULL * np.eye(n_columns)
        weights = _solve(square, centred.T @ (worth * (goal - level)) + PULL * prior)
        score = np.clip(level + centred @ weights, -12, 12)
    return weights if weights.any() else prior


def _solve(square: np.ndarray, side: np.ndarray) -> np.ndarray:
    """The weights >= 0 that come nearest to square @ weights = side."""
    from sklearn.linear_model import LinearRegression

    weights = np.linalg.solve(square, side)
    if (weights >= 0).all():
        return weights
    root = np.linalg.cholesky(square)
    bounded = LinearRegression(positive=True, fit_intercept=False)
    return np.asarray(bounded.fit(root.T, np.linalg.solve(root, side)).coef_)


def curve(weights: np.ndarray, total: np.ndarray, wrong: np.ndarray, trials: np.ndarray) -> Curve:
    """The isotonic curve of `wrong` of `trials` over `total` (N,): level around the centres of its plateaus, straight
    between; beyond the first and the last the line continues, at most half of the way to 0 or to 1."""
    from sklearn.isotonic import IsotonicRegression

    share = (wrong.sum() + 0.5) / (trials.sum() + 1)
    if not trials.any():
        return Curve(weights, np.zeros(1), np.array([share]), 1.0)
    middle, hits, count = _bins(total, wrong, trials)
    isotonic = IsotonicRegression().fit(middle, (hits + share / 2) / (count + 0.5), sample_weight=count)
    level = isotonic.predict(middle)
    starts = np.flatnonzero(np.r_[True, np.diff(level) > 1e-12])
    last = np.r_[starts[1:], len(level)] - 1
    centre = np.add.reduceat(count * middle, starts) / np.add.reduceat(count, starts)
    ends = np.stack([middle[starts], middle[last]], axis=1)  # (P, 2)
    at = (centre[:, None] + LEVEL * (ends - centre[:, None])).ravel()
    spread = float(np.ptp(total)) or 1.0
    return Curve(weights, *_with_ends(at, np.repeat(level[starts], 2), total.min(), total.max()), spread)


def _bins(total: np.ndarray, wrong: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(B,) each: mean of `total`, sum of `wrong`, sum of `trials`, in bins of about equally many; equals together."""
    per_bin = max(10, min(len(total) // BINS, MOST_IN_BIN))
    edges = np.unique(np.quantile(total, np.linspace(0, 1, max(2, len(total) // per_bin + 1))[1:-1]))
    place = np.searchsorted(edges, total, side="left")
    count, hits, mass = (np.bincount(place, weights=what) for what in (trials, wrong, trials * total))
    used = count > 0
    return mass[used] / count[used], hits[used], count[used]


def _with_ends(at: np.ndarray, prob: np.ndarray, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    if len(at) < 4:  # two ends of each plateau: there is one plateau only
        return at, prob
    rise = np.diff(prob)[1::2] / np.diff(at)[1::2]
    low = max(prob[0] / 2, prob[0] - rise[0] * (at[0] - first))
    high = min((1 + prob[-1]) / 2, prob[-1] + rise[-1] * (last - at[-1]))
    return np.r_[min(first, at[0]), at, max(last, at[-1])], np.r_[low, prob, high]


def _sigmoid(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))
