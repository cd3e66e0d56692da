"""How good predicted numbers are, each figure with a bootstrap interval."""

from __future__ import annotations

import numpy as np

from hem_core.stats.bootstrap import bootstrap
from hem_core.types import Metric

UNIT = "in units of the label"
EXACT = 1e-12


def metrics(given: np.ndarray, predicted: np.ndarray) -> list[Metric]:
    """Of given and predicted (N,); rows where one is NaN do not count. What cannot be measured is left out."""
    is_known = np.isfinite(given) & np.isfinite(predicted)
    given, predicted = given[is_known], predicted[is_known]
    if not len(given):
        return []
    found = [
        _metric("mean absolute error", mean_absolute_error, given, predicted, unit=UNIT),
        _metric("root mean squared error", root_mean_squared_error, given, predicted, unit=UNIT),
        _metric("R²", r_squared, given, predicted, unit="", higher_is_better=True),
        _metric("Spearman correlation", spearman, given, predicted, unit="", higher_is_better=True),
    ]
    return [metric for metric in found if np.isfinite(metric.value)]


def _metric(name: str, measure, given: np.ndarray, predicted: np.ndarray, *, unit: str, higher_is_better=False):  # noqa: ANN001, ANN202
    value, low, high = bootstrap(measure, given, predicted)
    return Metric(name, value, low, high, higher_is_better, len(given), unit)


def mean_absolute_error(given: np.ndarray, predicted: np.ndarray) -> float:
    """In the unit of the target, 0 .. inf."""
    return float(np.abs(given - predicted).mean())


def root_mean_squared_error(given: np.ndarray, predicted: np.ndarray) -> float:
    """In the unit of the target, 0 .. inf; a few large residuals weigh more."""
    return float(np.sqrt(np.square(given - predicted).mean()))


def r_squared(given: np.ndarray, predicted: np.ndarray) -> float:
    """The share of the variance that is explained, -inf .. 1; NaN where all given values are equal."""
    around = np.square(given - given.mean()).sum()
    return float(1 - np.square(given - predicted).sum() / around) if around > EXACT else float("nan")


def spearman(given: np.ndarray, predicted: np.ndarray) -> float:
    """Correlation of the ranks, -1 .. 1, equal values at their mean rank; NaN where one of both never changes."""
    ours, theirs = _ranks(given), _ranks(predicted)
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    both = np.sqrt((ours**2).sum() * (theirs**2).sum())
    return float((ours * theirs).sum() / both) if both > EXACT else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
