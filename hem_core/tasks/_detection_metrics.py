"""How good a detector is on a data set: mean average precision and miss rate, with intervals over its images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.average_precision import THRESHOLDS, AveragePrecision, precision_of
from hem_core.boxes.bootstrap import image_weights, resampled_precision
from hem_core.boxes.curves import curve, miss_rate
from hem_core.boxes.matching import Matches, match
from hem_core.boxes.overlaps import overlaps
from hem_core.stats.paired import interval
from hem_core.types import Metric

N_DRAWS = 100
"""Draws for the intervals of one run: half of those of a comparison, since every run waits for them."""
LARGEST = 200_000
"""Predictions times thresholds beyond which no intervals are drawn: they would take minutes."""


def measured(
    given: GivenBoxes, predicted: PredictedBoxes, n_images: int, classes: Sequence[str]
) -> tuple[list[Metric], list[dict[str, Any]]]:
    """mAP50 (the headline), mAP50–95, AP75, and the miss rate at one false positive an image; and AP by class.

    Raises nothing: without a given box there are no metrics.
    """
    if not (~given.is_ignored).any():
        return [], []
    pairs = overlaps(given, predicted, least=min(THRESHOLDS), right_class_only=True)
    (matches,) = match(given, predicted, pairs, THRESHOLDS)  # once, for the values and for their intervals
    ap = precision_of(given, predicted, {"all": matches}, len(classes))
    ends = _intervals(given, predicted, matches, n_images, len(classes))
    fifty, seventy_five = 0, THRESHOLDS.index(min(THRESHOLDS, key=lambda value: abs(value - 0.75)))
    metrics = [
        _metric("mAP50", ap.at(0.5), ends.get(fifty), n_images),
        _metric("mAP50–95", ap.at(), ends.get(-1), n_images),
        _metric("mAP75", ap.at(0.75), ends.get(seventy_five), n_images),
        _miss_rate(given, predicted, matches, n_images),
    ]
    return metrics, _by_class(ap, given, predicted, classes)


def _metric(name: str, value: float, ends: tuple[float, float] | None, n: int) -> Metric:
    low, high = (min(ends[0], value), max(ends[1], value)) if ends and np.isfinite(ends).all() else (None, None)
    return Metric(name, value, low, high, n=n)


def _intervals(
    given: GivenBoxes, predicted: PredictedBoxes, matches: Matches, n_images: int, n_classes: int
) -> dict[int, tuple[float, float]]:
    """Number of the threshold, -1 for their mean -> the middle 95% over resampled images."""
    if len(predicted) > LARGEST or n_images < 2:
        return {}
    drawn = resampled_precision(given, predicted, matches, (n_images, n_classes), n_resamples=N_DRAWS)
    known = ~np.isnan(drawn)
    sums, counts = np.where(known, drawn, 0).sum(axis=2), known.sum(axis=2)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)  # (resamples, T)
    return {at: interval(means[:, at]) for at in range(means.shape[1])} | {-1: interval(means.mean(axis=1))}


def _miss_rate(given: GivenBoxes, predicted: PredictedBoxes, matches: Matches, n_images: int) -> Metric:
    def at(weight: np.ndarray | None) -> float:
        line = curve(given, predicted, matches, image_weight=weight)
        return miss_rate(line, n_images)

    value = at(None)
    low = high = None
    if len(predicted) <= LARGEST and n_images > 1:
        low, high = interval(np.array([at(weight) for weight in image_weights(n_images, N_DRAWS, 0)]))
        low, high = min(low, value), max(high, value)
    name = "miss rate at 1 false positive per image"
    return Metric(name, value, low, high, higher_is_better=False, n=n_images)


def _by_class(
    ap: AveragePrecision, given: GivenBoxes, predicted: PredictedBoxes, classes: Sequence[str]
) -> list[dict[str, Any]]:
    """One row a class with a given box or a prediction: name, AP50, AP50–95 (None without a given box), numbers."""
    n_given = np.bincount(given.label[~given.is_ignored], minlength=len(classes))
    n_predicted = np.bincount(predicted.label, minlength=len(classes))
    fifty, mean = ap.by_class(0.5), ap.by_class()
    return [
        {
            "class": name,
            "given": int(n_given[k]),
            "predicted": int(n_predicted[k]),
            "ap50": round(float(fifty[k]), 6) if n_given[k] else None,
            "ap": round(float(mean[k]), 6) if n_given[k] else None,
        }
        for k, name in enumerate(classes)
        if n_given[k] or n_predicted[k]
    ]
