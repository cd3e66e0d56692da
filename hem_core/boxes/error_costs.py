"""What each type of error costs: how much the mean average precision would gain if it were mended alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, values_at
from hem_core.boxes.average_precision import interpolated
from hem_core.boxes.error_types import IGNORED, RIGHT, TYPES, UNCOUNTED, ErrorTypes


@dataclass(frozen=True, eq=False)
class _Points:
    """What average precision is computed from: predictions with a class, and how many boxes there are to find."""

    label: np.ndarray
    """(n,) int64."""
    confidence: np.ndarray
    is_hit: np.ndarray
    n_given: np.ndarray
    """(K,) float64."""


def error_costs(given: GivenBoxes, predicted: PredictedBoxes, types: ErrorTypes, n_classes: int) -> dict[str, float]:
    """Gain in mean average precision, 0 .. 1, for each of `TYPES`, and for all `false_positives` and `missed` boxes.

    types: of `error_types` with a floor of 0, at one threshold of IoU. Mended are, one type at a time: Cls and Loc, the
    most confident prediction about each box that is not found becomes right and the others about it go; Both, Dupe and
    Bkg go; Missed boxes are no longer asked for. `false_positives`: every wrong prediction has confidence 0;
    `missed`: every box that is not found is no longer asked for. A gain below 0 counts as 0.
    Reference: Bolya et al. 2020, arXiv:2008.08115, as tidecv 1.0.1 computes it. Changed: classes without a given box
    are left out of the mean, which tidecv counts as 0; predictions that an ignore region absorbs are never mended.
    """
    points = _points(given, predicted, types, n_classes)
    whole = _mean_precision(points)
    counts = _counts(types)
    kind = types.predicted[counts]
    best = _mended(predicted, types)[counts]
    target_label = values_at(given.label, types.target, 0)[counts]
    found = {}
    for name in TYPES:
        if name == "Missed":
            left = points.n_given - _per_class(given, _missed(given, types), n_classes)
            found[name] = _mean_precision(points, left)
            continue
        stays = (kind != name) | best
        label = np.where((kind == name) & best, target_label, points.label) if name == "Cls" else points.label
        is_hit = points.is_hit | ((kind == name) & best)
        found[name] = _mean_precision(_Points(label[stays], points.confidence[stays], is_hit[stays], points.n_given))
    sure = _Points(points.label, points.is_hit.astype(np.float64), points.is_hit, points.n_given)
    found["false_positives"] = _mean_precision(sure)
    hits = np.bincount(points.label[points.is_hit], minlength=n_classes)
    found["missed"] = _mean_precision(points, hits.astype(np.float64))
    return {name: max(value - whole, 0.0) for name, value in found.items()}


def _points(given: GivenBoxes, predicted: PredictedBoxes, types: ErrorTypes, n_classes: int) -> _Points:
    counts = _counts(types)
    n_given = _per_class(given, ~given.is_ignored, n_classes)
    return _Points(predicted.label[counts], predicted.confidence[counts], types.predicted[counts] == RIGHT, n_given)


def _counts(types: ErrorTypes) -> np.ndarray:
    """(P,) bool: the predictions that count."""
    return ~np.isin(types.predicted, (UNCOUNTED, IGNORED))


def _mended(predicted: PredictedBoxes, types: ErrorTypes) -> np.ndarray:
    """(P,) bool: the most confident prediction about each given box that is not found, and wrong about it.

    These are the ones that `error_types` pairs with it.
    """
    result = np.zeros(len(predicted), bool)
    paired = types.paired[types.paired >= 0]
    result[paired[np.isin(types.predicted[paired], ("Cls", "Loc"))]] = True
    return result


def _missed(given: GivenBoxes, types: ErrorTypes) -> np.ndarray:
    return ~given.is_ignored & (types.given == "Missed")


def _per_class(given: GivenBoxes, some: np.ndarray, n_classes: int) -> np.ndarray:
    return np.bincount(given.label[some], minlength=n_classes).astype(np.float64)


def _mean_precision(points: _Points, left: np.ndarray | None = None) -> float:
    """Mean over the classes that have a given box; left (K,): how many are still to be found, by default all."""
    asked = points.n_given
    wanted = asked if left is None else left
    order = np.lexsort((-points.confidence, points.label))
    ends = np.searchsorted(points.label[order], np.arange(len(asked) + 1))
    values = []
    for k in np.flatnonzero(asked):
        hit = points.is_hit[order[ends[k] : ends[k + 1]]]
        if not wanted[k]:
            values.append(0.0)
            continue
        hits, errors = hit.cumsum()[None].astype(float), (~hit).cumsum()[None].astype(float)
        values.append(float(interpolated(hits, errors, wanted[k])[0]) if len(hit) else 0.0)
    return float(np.mean(values)) if values else float("nan")
