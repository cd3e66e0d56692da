"""Precision against recall, and the miss rate at a number of false positives an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.matching import Matches


@dataclass(frozen=True, eq=False)
class Curve:
    """One point a different confidence, the highest first: what is so when predictions from there on are kept."""

    confidence: np.ndarray
    """(n,) descending."""
    recall: np.ndarray
    """(n,) in 0 .. 1, ascending."""
    precision: np.ndarray
    """(n,) in 0 .. 1, as it is, not made monotone."""
    false_positives: np.ndarray
    """(n,) number of errors, ascending."""
    n_given: float
    """How many given boxes there are to find."""

    @property
    def f1(self) -> np.ndarray:
        """(n,) harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, total, out=np.zeros(len(total)), where=total > 0)


def curve(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    matches: Matches,
    *,
    at: int = 0,
    label: int | None = None,
    image_weight: np.ndarray | None = None,
) -> Curve:
    """The curve of one class, or of all together, at the threshold of index `at` of the matches.

    image_weight (N,): how often each image counts, 1 by default. Without a given box recall is NaN.
    """
    weight = np.ones(1 + _last_image(given, predicted)) if image_weight is None else image_weight
    some = matches.is_counted & ~matches.is_predicted_ignored[at]
    objects = ~matches.is_given_ignored
    if label is not None:
        some, objects = some & (predicted.label == label), objects & (given.label == label)
    n_given, images = weight[given.image[objects]].sum(), predicted.image[some]
    return curve_of(predicted.confidence[some], matches.predicted[at, some] >= 0, float(n_given), weight[images])


def curve_of(confidence: np.ndarray, is_hit: np.ndarray, n_given: float, count: np.ndarray | None = None) -> Curve:
    """The curve of P predictions, of which some are hits and all others errors.

    confidence and is_hit (P,) in any order; count (P,): how often each counts, 1 by default. Without a given box recall
    is NaN.
    """
    order = np.argsort(-confidence, kind="stable")
    ordered, is_hit = confidence[order], is_hit[order]
    counts = np.ones(len(order)) if count is None else count[order]
    ends = np.flatnonzero(np.diff(ordered, append=-np.inf))
    hits, errors = (is_hit * counts).cumsum()[ends], (~is_hit * counts).cumsum()[ends]
    recall = hits / n_given if n_given else np.full(len(hits), np.nan)
    kept = hits + errors
    precision = np.divide(hits, kept, out=np.zeros(len(hits)), where=kept > 0)
    return Curve(ordered[ends], recall, precision, errors, n_given)


def thinned(line: Curve, most: int = 500) -> Curve:
    """A curve of no more than about so many points, spread evenly over its confidences and its recalls, for drawing."""
    n = len(line.confidence)
    if n <= most:
        return line
    even = np.linspace(0, n - 1, most // 2).round().astype(int)
    rise = np.searchsorted(line.recall, np.linspace(0, line.recall[-1], most // 2)).clip(0, n - 1)
    some = np.union1d(even, rise)
    confidence, recall = line.confidence[some], line.recall[some]
    return Curve(confidence, recall, line.precision[some], line.false_positives[some], line.n_given)


def miss_rate(line: Curve, n_images: float, false_positives: float = 1.0) -> float:
    """Share of the given boxes that are missed when at most so many false positives an image are accepted.

    line: of all classes together; n_images is N. Returns 0 .. 1, lower = better; NaN without a given box.
    Reference: Dollár et al. 2012, doi:10.1109/TPAMI.2011.155; at one point instead of the mean of nine.
    """
    if not line.n_given:
        return float("nan")
    allowed = np.flatnonzero(line.false_positives <= false_positives * n_images)
    return float(1 - line.recall[allowed[-1]]) if len(allowed) else 1.0


def _last_image(given: GivenBoxes, predicted: PredictedBoxes) -> int:
    return int(max(given.image.max(initial=-1), predicted.image.max(initial=-1)))
