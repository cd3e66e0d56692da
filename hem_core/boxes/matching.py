"""COCO's matching: predictions, most confident first, take the free given box of their class they overlap most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.geometry import areas
from hem_core.boxes.overlaps import Overlaps

ALL_AREAS = (0.0, 1e10)
MOST = 100
"""Predictions an image and class that count, the most confident ones."""
_ALMOST_ONE = 1 - 1e-10


@dataclass(frozen=True, eq=False)
class Matches:
    """Which prediction took which given box at each of T thresholds of IoU, for one range of areas."""

    thresholds: tuple[float, ...]
    given: np.ndarray
    """(T, M) int64: the index of the prediction that took the box, the last one for a crowd region; -1 for none."""
    predicted: np.ndarray
    """(T, P) int64: the index of the given box that the prediction took; -1 for none."""
    is_given_ignored: np.ndarray
    """(M,) bool: a crowd or ignore region, or outside the range of areas: nothing is lost when it is not found."""
    is_predicted_ignored: np.ndarray
    """(T, P) bool, neither hit nor error: it took an ignored box, or none and lies outside the range of areas."""
    is_counted: np.ndarray
    """(P,) bool: among the most confident ones of its image and class."""


def match(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    pairs: Overlaps,
    thresholds: Sequence[float],
    *,
    ranges: Sequence[tuple[float, float]] = (ALL_AREAS,),
    most: int = MOST,
) -> list[Matches]:
    """Match as pycocotools does, ties included: one Matches for each range of areas in px², both ends included.

    pairs: of `overlaps` with a `least` of no more than any threshold. Equal confidences are taken in the order of the
    predictions; of equal IoUs the last given box. Ignored boxes are taken only where no other is free; a crowd region
    by any number of predictions.
    Reference: Lin et al. 2014, arXiv:1405.0312, as `pycocotools.cocoeval` computes it. Changed: the key
    `ignore` of an annotation is honoured, which pycocotools overwrites with `iscrowd`.
    """
    rank = confidence_rank(predicted)
    least = min([*thresholds, _ALMOST_ONE])
    usable = pairs.take(np.flatnonzero(pairs.is_right & (pairs.iou >= least) & (rank[pairs.predicted] < most)))
    ordered = usable.take(np.lexsort((-usable.given, -usable.iou, usable.predicted)))
    size = areas(predicted.xyxy)
    result = []
    for low, high in ranges:
        ignored = given.is_ignored | (given.area_px < low) | (given.area_px > high)
        ours, theirs = _greedy(given, predicted, ordered, ignored, thresholds, rank)
        taken_ignored = np.where(theirs >= 0, ignored[theirs], False) if len(given) else np.zeros(theirs.shape, bool)
        outside = (theirs < 0) & ((size < low) | (size > high))
        result.append(Matches(tuple(thresholds), ours, theirs, ignored, taken_ignored | outside, rank < most))
    return result


def confidence_rank(predicted: PredictedBoxes) -> np.ndarray:
    """(P,) int64, from 0: the place among the predictions of the same image and class, the most confident first."""
    group = _group(predicted)
    order = np.lexsort((-predicted.confidence, group))
    ranked = group[order]
    rank = np.empty(len(predicted), np.int64)
    rank[order] = np.arange(len(predicted)) - np.searchsorted(ranked, ranked)
    return rank


def _greedy(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    pairs: Overlaps,
    ignored: np.ndarray,
    thresholds: Sequence[float],
    rank: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Matches of given (T, M) and predicted (T, P) boxes. pairs: the preferred one of each prediction first.

    In round r the r-th prediction of each image and class that overlaps anything chooses; no two of them want the same
    box, so a round is a handful of array operations.
    """
    of_given = np.full((len(thresholds), len(given)), -1, np.int64)
    of_predicted = np.full((len(thresholds), len(predicted)), -1, np.int64)
    pair_round = _rounds(predicted, pairs.predicted, rank)
    order = np.lexsort((ignored[pairs.given], pairs.predicted, pair_round))  # stable: preference is kept
    pairs = pairs.take(order)
    least = np.minimum(np.asarray(thresholds, np.float64), _ALMOST_ONE)[:, None]
    ends = np.cumsum(np.bincount(pair_round))
    for start, end in zip([0, *ends[:-1]], ends, strict=False):
        chooser, wanted = pairs.predicted[start:end], pairs.given[start:end]
        is_free = (of_given[:, wanted] < 0) | given.is_crowd[wanted]
        is_free &= pairs.iou[start:end] >= least  # (T, n)
        first_of = np.flatnonzero(np.diff(chooser, prepend=-1))
        choice = np.minimum.reduceat(np.where(is_free, np.arange(end - start), end - start), first_of, axis=1)
        at, which = np.nonzero(choice < end - start)
        taken = choice[at, which]
        of_predicted[at, chooser[taken]] = wanted[taken]
        of_given[at, wanted[taken]] = chooser[taken]
    return of_given, of_predicted


def _rounds(predicted: PredictedBoxes, choosers: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """(Q,) the round in which the prediction of each pair chooses: its place among those that overlap anything."""
    some, of_pair = np.unique(choosers, return_inverse=True)
    group = _group(predicted)[some]
    order = np.lexsort((rank[some], group))
    ranked = group[order]
    place = np.empty(len(some), np.int64)
    place[order] = np.arange(len(some)) - np.searchsorted(ranked, ranked)
    return place[of_pair]


def _group(predicted: PredictedBoxes) -> np.ndarray:
    return predicted.image * (1 + predicted.label.max(initial=0)) + predicted.label
