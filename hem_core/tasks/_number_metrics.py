"""How good predicted numbers are, each figure with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hem_core.stats.bootstrap import bootstrap
from hem_core.tasks._residual_measures import ABSOLUTE, SPREADS, SQUARED, UNIT
from hem_core.types import Metric

Measure = Callable[[np.ndarray, np.ndarray], float]
EXACT = 1e-12


def metrics(given: np.ndarray, predicted: np.ndarray) -> list[Metric]:
    """Of given and predicted (N,); rows where one is NaN do not count. What cannot be measured is left out."""
    is_known = np.isfinite(given) & np.isfinite(predicted)
    given, predicted = given[is_known], predicted[is_known]
    if not len(given):
        return []
    found = [
        _metric(ABSOLUTE, mean_absolute_error, given, predicted, unit=UNIT),
        _metric(SQUARED, root_mean_squared_error, given, predicted, unit=UNIT),
        _metric("R²", r_squared, given, predicted, unit="", higher_is_better=True),
        _metric("Spearman correlation", spearman, given, predicted, unit="", higher_is_better=True),
    ]
    return [metric for metric in found if np.isfinite(metric.value)]


def metrics_of_all(
    given: np.ndarray, predicted: np.ndarray, outputs: Sequence[str], spreads: Sequence[float]
) -> list[Metric]:
    """Of given and predicted (N, D), NaN = unknown: means over the numbers, normalised by the spread of each, and mean
    R²; then of each number its own mean absolute error, root mean squared error and R²."""
    if not given.size or not np.isfinite(given - predicted).any():
        return []
    scale = np.asarray(spreads, np.float64)

    def mean_of(measure: Measure) -> Measure:
        return lambda ours, theirs: _mean_of_known(
            [measure(*_known(a, b)) for a, b in zip(ours.T, theirs.T, strict=True)]
        )

    normalised = given / scale, predicted / scale
    found = [
        _metric(f"normalised {ABSOLUTE}", mean_of(mean_absolute_error), *normalised, unit=SPREADS),
        _metric(f"normalised {SQUARED}", mean_of(root_mean_squared_error), *normalised, unit=SPREADS),
        _metric("mean R²", mean_of(r_squared), given, predicted, unit="", higher_is_better=True),
    ]
    for place, output in enumerate(outputs):
        own = _known(given[:, place], predicted[:, place])
        if len(own[0]):
            found += [
                _metric(f"{ABSOLUTE} of {output}", mean_absolute_error, *own, unit=""),
                _metric(f"{SQUARED} of {output}", root_mean_squared_error, *own, unit=""),
                _metric(f"R² of {output}", r_squared, *own, unit="", higher_is_better=True),
            ]
    return [metric for metric in found if np.isfinite(metric.value)]


def _known(given: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_known = np.isfinite(given) & np.isfinite(predicted)
    return given[is_known], predicted[is_known]


def _mean_of_known(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _metric(name: str, measure, given: np.ndarray, predicted: np.ndarray, *, unit: str, higher_is_better=False):  # noqa: ANN001, ANN202
    value, low, high = bootstrap(measure, given, predicted)
    return Metric(name, value, low, high, higher_is_better, len(given), unit)


def mean_absolute_error(given: np.ndarray, predicted: np.ndarray) -> float:
    """In the unit of the target, 0 .. inf; NaN without rows."""
    return float(np.abs(given - predicted).mean()) if len(given) else float("nan")


def root_mean_squared_error(given: np.ndarray, predicted: np.ndarray) -> float:
    """In the unit of the target, 0 .. inf; a few large residuals weigh more. NaN without rows."""
    return float(np.sqrt(np.square(given - predicted).mean())) if len(given) else float("nan")


def r_squared(given: np.ndarray, predicted: np.ndarray) -> float:
    """The share of the variance that is explained, -inf .. 1; NaN where all given values are equal."""
    around = np.square(given - given.mean()).sum() if len(given) else 0.0
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
