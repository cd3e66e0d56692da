"""Average precision as COCO reports it: over thresholds of IoU, by class and by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.matching import ALL_AREAS, MOST, Matches, match
from hem_core.boxes.overlaps import overlaps

THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
AREAS = {"all": ALL_AREAS, "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's buckets of size, in px²; a box at an end counts in both."""
RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """Average precision of each class, by threshold and size. All means leave out classes without a given box."""

    ap: np.ndarray
    """(T, K, A) float64 in 0 .. 1, higher = better; NaN where nothing is given."""
    thresholds: tuple[float, ...]
    areas: tuple[str, ...]

    def at(self, threshold: float | None = None, area: str = "all") -> float:
        """Mean over the classes at one threshold of IoU, or over all of them; NaN where nothing is given."""
        return _mean(self._chosen(threshold, area))

    def by_class(self, threshold: float | None = None, area: str = "all") -> np.ndarray:
        """(K,) at one threshold, or the mean over all of them."""
        return self._chosen(threshold, area).mean(axis=0)

    def _chosen(self, threshold: float | None, area: str) -> np.ndarray:
        values = self.ap[:, :, self.areas.index(area)]  # (T, K)
        if threshold is None:
            return values
        return values[[int(np.abs(np.asarray(self.thresholds) - threshold).argmin())]]


def average_precision(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    n_classes: int,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    areas: dict[str, tuple[float, float]] | None = None,
    most: int = MOST,
) -> AveragePrecision:
    """Average precision over 101 recalls: `.at()` is mAP50-95, `.at(0.5)` AP50, `.at(None, "small")` for small boxes.

    n_classes is K; areas: name -> range in px², by default COCO's. Equal to pycocotools to rounding, as long as the
    images are in the order of their ids there, which decides between equal confidences.
    Reference: Lin et al. 2014, arXiv:1405.0312.
    """
    buckets = AREAS if areas is None else areas
    pairs = overlaps(given, predicted, least=min(thresholds), right_class_only=True)
    found = match(given, predicted, pairs, thresholds, ranges=list(buckets.values()), most=most)
    return precision_of(given, predicted, dict(zip(buckets, found, strict=True)), n_classes)


def precision_of(
    given: GivenBoxes, predicted: PredictedBoxes, matches: Mapping[str, Matches], n_classes: int
) -> AveragePrecision:
    """The same of matches that are known: name of a range of areas -> its matches, all at the same thresholds."""
    values = [class_precision(given, predicted, each, n_classes) for each in matches.values()]
    thresholds = next(iter(matches.values())).thresholds
    return AveragePrecision(np.stack(values, axis=2), thresholds, tuple(matches))


def class_precision(given: GivenBoxes, predicted: PredictedBoxes, matches: Matches, n_classes: int) -> np.ndarray:
    """(T, K) average precision of each class; NaN where nothing is given."""
    n_given = np.bincount(given.label[~matches.is_given_ignored], minlength=n_classes)
    order, ends = by_confidence(predicted, matches, n_classes)
    result = np.full((len(matches.thresholds), n_classes), np.nan)
    for k in np.flatnonzero(n_given):
        some = order[ends[k] : ends[k + 1]]
        hits, errors = outcomes(matches, some)
        result[:, k] = interpolated(hits.cumsum(axis=1), errors.cumsum(axis=1), n_given[k])
    return result


def by_confidence(predicted: PredictedBoxes, matches: Matches, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the predictions that count, by class, the most confident first, and where each class begins (K + 1,).

    Equal confidences: by image, then in the order of the predictions.
    """
    some = np.flatnonzero(matches.is_counted)
    order = some[np.lexsort((predicted.image[some], -predicted.confidence[some], predicted.label[some]))]
    return order, np.searchsorted(predicted.label[order], np.arange(n_classes + 1))


def outcomes(matches: Matches, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, n) bool each: which of some predictions are hits, and which are errors; ignored ones are neither."""
    is_match, is_ignored = matches.predicted[:, some] >= 0, matches.is_predicted_ignored[:, some]
    return is_match & ~is_ignored, ~is_match & ~is_ignored


def interpolated(hits: np.ndarray, errors: np.ndarray, n_given: float) -> np.ndarray:
    """Mean over 101 recalls of the best precision at that recall or above.

    hits and errors (T, n) cumulative numbers, the most confident prediction first; n_given > 0. Returns (T,).
    """
    recall = hits / n_given
    precision = hits / (hits + errors + np.spacing(1))
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    padded = np.concatenate([best, np.zeros((len(best), 1))], axis=1)
    places = np.stack([np.searchsorted(row, RECALLS, "left") for row in recall])
    return np.take_along_axis(padded, places, axis=1).mean(axis=1)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
