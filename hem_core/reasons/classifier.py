"""The classifier of reasons: fitted to planted probes of known kinds, and calibrated on held-out ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.errors import HemError
from hem_core.reasons.features import OF_THE_EMBEDDING
from hem_core.reasons.rules import REASONS

HARD = "hard but right"
"""A kind of the fit alone: rows whose label is right and that a fresh model gets wrong. They count as subtle."""
FITTED = (*REASONS, HARD)
_EDGE = 0.002
_ROWS = 65_536
_STRENGTH = 1.0
"""Inverse of the penalty. On 1,750 garments .3 and 3 gave the same macro-F1 to .01."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What fits that were without each of M probes and chosen rows said of it."""

    probs: np.ndarray
    """(M, 7) of FITTED, were all kinds as common."""
    kinds: np.ndarray
    """(M,) int64: the true place in FITTED."""


@dataclass(frozen=True, eq=False)
class ReasonModel:
    """A multinomial logistic regression over stretched features."""

    names: tuple[str, ...]
    """F features, as in `Features`."""
    weights: np.ndarray
    """(3 F, 7) for the features and their two tails; a column a kind, in the order of FITTED."""
    bias: np.ndarray
    """(7,)"""
    temperature: float
    """The logits are divided by it, so that probabilities hold on probes that were not fitted to."""
    measured: Mapping[str, float]
    """On held-out probes: macro_f1, balanced_accuracy (over the four hard kinds), ece, n (how many)."""
    held_out: HeldOut | None = None
    """What `measured` is of; None without cross-validation."""

    def probs(self, values: np.ndarray) -> np.ndarray:
        """(N, 6) probabilities of REASONS for features (N, F), were all kinds as common; each row sums to 1."""
        return merged(self.probs_fitted(values))

    def probs_fitted(self, values: np.ndarray) -> np.ndarray:
        """(N, 7) probabilities of FITTED for features (N, F), were all kinds as common; each row sums to 1."""
        result = np.empty((len(values), len(self.bias)), np.float32)
        for start in range(0, len(values), _ROWS):
            part = slice(start, start + _ROWS)
            logits = (stretched(values[part]) @ self.weights + self.bias) / self.temperature  # (B, F) -> (B, 7)
            result[part] = _softmax(logits)
        return result


def merged(probs: np.ndarray) -> np.ndarray:
    """(N, 6) probabilities of REASONS out of those of FITTED (N, 7): what is hard but right is subtle."""
    result = probs[:, : len(REASONS)].copy()
    result[:, REASONS.index("subtle")] += probs[:, FITTED.index(HARD)]
    return result


def fit(
    values: np.ndarray,
    kinds: np.ndarray,
    weights: np.ndarray,
    seed: int,
    *,
    names: Sequence[str] = (),
    n_folds: int = 5,
    is_probe: np.ndarray | None = None,
) -> ReasonModel:
    """Fit to rows of known kinds; every kind has the same total weight.

    values (M, F) in 0 .. 1; kinds (M,) strings out of FITTED; weights (M,) > 0: how much a row counts within its
    kind. is_probe (M,): the rows that are measured on; the others, such as those tagged by people, only help to fit.
    names (F,): with them the fit is the mean of two, one of them without the features OF_THE_EMBEDDING: where a net was
    trained on a wrong label its embedding has moved towards it, and that of a probe has not.
    The temperature is chosen, and everything in `measured` is measured, by cross-validation over `n_folds`; with 0
    folds it is skipped: temperature 1 and nothing measured.
    Raises HemError when there are fewer than two kinds, or a kind that is not in FITTED.
    Reference: temperature scaling after Guo et al. 2017, arXiv:1706.04599.
    """
    y = np.array([FITTED.index(kind) if kind in FITTED else -1 for kind in kinds.tolist()])
    if (y < 0).any():
        raise HemError(f"no reason '{kinds[y < 0][0]}'; there are: {', '.join(REASONS)}")
    if len(np.unique(y)) < 2:
        raise HemError("reasons can be fitted only with examples of two kinds or more")
    x, is_probe = stretched(values), np.ones(len(y), bool) if is_probe is None else is_probe
    weights, views = _balanced(y, weights), _views(values.shape[1], names)
    coefficients, bias = _fitted(x, y, weights, views)
    if n_folds == 0:
        return ReasonModel(tuple(names), coefficients, bias, 1.0, {})
    held = _held_out(x, y, weights, views, _folds(y, n_folds, seed))
    asked = is_probe & (held > -np.inf).any(axis=1)
    logits, truth, counting = held[asked], y[asked], weights[asked]
    steps = np.exp(np.linspace(np.log(0.5), np.log(4), 43))
    temperature = float(steps[np.argmin([_log_loss(logits, truth, counting, one) for one in steps])])
    found = HeldOut(_softmax(logits / temperature), truth)
    return ReasonModel(tuple(names), coefficients, bias, temperature, _measure(merged(found.probs), truth), found)


def estimate_prior(probs: np.ndarray, *, least: float = 0.01, rounds: int = 200) -> np.ndarray:
    """(C,) how common each kind is among N rows, given their probabilities (N, C) under equal priors.

    least: no kind is assumed to be less common than this share, so that a few clear cases are still found.
    Reference: Saerens et al. 2002, Neural Computation 14 (expectation-maximisation), with a floor.
    """
    prior = np.full(probs.shape[1], 1 / probs.shape[1])
    if not len(probs):
        return prior
    for _ in range(rounds):
        joint = probs * prior
        new = np.maximum((joint / joint.sum(axis=1, keepdims=True)).mean(axis=0), least)
        new /= new.sum()
        moved, prior = np.abs(new - prior).max(), new
        if moved < 1e-5:
            break
    return prior


def expected_calibration_error(probs: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Mean gap between the top probability and how often it is right, over bins of it, weighted by size; 0 .. 1."""
    if not len(probs):
        return 0.0
    sure, is_right = probs.max(axis=1), probs.argmax(axis=1) == truth
    which = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(sure[which == one].mean() - is_right[which == one].mean()) for one in np.unique(which)]
    shares = [(which == one).mean() for one in np.unique(which)]
    return float(np.dot(gaps, shares))


def stretched(values: np.ndarray) -> np.ndarray:
    """Features and both their tails: (N, F) -> (N, 3 F). Being in the worst 1% or 10% are different things."""
    u = np.asarray(values, np.float64)
    return np.concatenate([u - 0.5, -np.log(1 - u + _EDGE) / 3, -np.log(u + _EDGE) / 3], axis=1)


def _views(n_features: int, names: Sequence[str]) -> list[np.ndarray]:
    """The columns of `stretched` that each of the averaged fits reads: all, and those not of the embedding."""
    every = np.arange(3 * n_features)
    without = [k for k, name in enumerate(names) if name not in OF_THE_EMBEDDING]
    if not without or len(without) == n_features:
        return [every]
    return [every, np.concatenate([np.array(without) + part * n_features for part in range(3)])]


def _fitted(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, views: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (3 F, 7) and bias (7,): the mean over the views, of which a mean of logits is made."""
    coefficients, bias = np.zeros((x.shape[1], len(FITTED))), np.zeros(len(FITTED))
    for columns in views:
        own, level = _regression(x[:, columns], y, weights)
        coefficients[columns] += own / len(views)
        bias += level / len(views)
    return coefficients, bias


def _regression(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    there = np.unique(y)
    model = LogisticRegression(C=_STRENGTH, max_iter=150, tol=1e-3).fit(x, y, sample_weight=weights)
    coefficients, bias = np.zeros((x.shape[1], len(FITTED))), np.full(len(FITTED), -30.0)
    if len(there) == 2:
        coefficients[:, there[1]], bias[there] = model.coef_[0], [0.0, model.intercept_[0]]
    else:
        coefficients[:, there], bias[there] = model.coef_.T, model.intercept_
    return coefficients, bias


def _held_out(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, views: Sequence[np.ndarray], fold: np.ndarray
) -> np.ndarray:
    logits = np.full((len(y), len(FITTED)), -np.inf)
    for one in np.unique(fold):
        others, here = fold != one, fold == one
        if len(np.unique(y[others])) > 1:
            coefficients, bias = _fitted(x[others], y[others], weights[others], views)
            logits[here] = x[here] @ coefficients + bias
    return logits


def _folds(y: np.ndarray, n_folds: int, seed: int) -> np.ndarray:
    """Distributed within each kind, so that each fold has every kind."""
    shuffled = np.random.default_rng(seed).permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(len(y), np.int64)
    fold[order] = np.arange(len(y)) % n_folds
    return fold


def _balanced(y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    sums = np.bincount(y, weights=weights, minlength=len(FITTED))
    return weights * (weights.sum() / len(np.unique(y)) / np.maximum(sums, 1e-12))[y]


def _log_loss(logits: np.ndarray, y: np.ndarray, weights: np.ndarray, temperature: float) -> float:
    p = merged(_softmax(logits / temperature))[np.arange(len(y)), y]
    return float(np.average(-np.log(np.maximum(p, 1e-12)), weights=weights)) if len(y) else 0.0


def _measure(probs: np.ndarray, y: np.ndarray) -> dict[str, float]:
    found = probs.argmax(axis=1)
    f1, recall = [], {}
    for kind in np.unique(y):
        hit = ((found == kind) & (y == kind)).sum()
        recall[kind] = hit / (y == kind).sum()
        f1.append(2 * hit / ((found == kind).sum() + (y == kind).sum()))
    hard = [recall[kind] for kind in recall if REASONS[kind] not in ("easy", "subtle")]
    return {
        "macro_f1": round(float(np.mean(f1)), 4),
        "balanced_accuracy": round(float(np.mean(hard)), 4) if hard else 0.0,
        "ece": round(expected_calibration_error(probs, y), 4),
        "n": len(y),
    }


def _softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
