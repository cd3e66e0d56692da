"""TIDE's types of error: what is wrong with each predicted box, and what each given box lacks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.matching import MOST, match
from hem_core.boxes.overlaps import Overlaps
from hem_core.errors import DataError

RIGHT, IGNORED, UNCOUNTED = "right", "ignored", ""
TYPES = ("Cls", "Loc", "Both", "Dupe", "Bkg", "Missed")
"""Wrong class, wrong place, both, a second box of one object, background, and a given box that nothing found."""


@dataclass(frozen=True, eq=False)
class ErrorTypes:
    """The type of every box, and which prediction belongs to which given box."""

    given: np.ndarray
    """(M,) text: right, Cls or Loc (the prediction paired with it has that error), Missed, or ignored."""
    predicted: np.ndarray
    """(P,) text: right, one of TYPES but Missed, ignored, or "" (below the floor, or too many in its image)."""
    paired: np.ndarray
    """(M,) int64: the prediction that matches the box, else the most confident one with error Cls or Loc whose error is
    about this box; -1 for none. No prediction is paired twice."""
    target: np.ndarray
    """(P,) int64: the given box that the prediction took (right) or that its error is about (Cls, Loc, Dupe); -1."""


def error_types(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    pairs: Overlaps,
    *,
    foreground: float = 0.5,
    background: float = 0.1,
    floor: float = 0.05,
    most: int = MOST,
) -> ErrorTypes:
    """The types of error of predictions whose confidence is at least `floor`.

    pairs: of `overlaps` over all classes, with a `least` of no more than `background`. A prediction is right when
    COCO's matching at IoU `foreground` gives it a box. Otherwise it is, the first that applies:
    Loc: IoU with a box of its class from background to below foreground. Cls: IoU with a box of another class at least
    foreground. Dupe: IoU at least foreground with a box of its class that is taken. Bkg: no IoU above background.
    Both: all else. Predictions that overlap an ignore region of their class by foreground are ignored.
    Raises DataError unless 0 < background <= foreground <= 1.
    Reference: Bolya et al. 2020, arXiv:2008.08115, in the order of tests of its code. Changed: an IoU of exactly
    foreground with a taken box is Dupe, not Loc; a given box is paired with one erring prediction alone.
    """
    if not 0 < background <= foreground <= 1:
        raise DataError(f"wanted 0 < background <= foreground <= 1; these are {background} and {foreground}")
    (found,) = match(given, predicted, pairs, [foreground], most=most)
    counted = found.is_counted & (predicted.probability() >= floor)
    taken = np.where(counted, found.predicted[0], -1)
    absorbed = found.is_predicted_ignored[0] | _absorbed(given, predicted, pairs, foreground)
    is_right = (taken >= 0) & ~found.is_predicted_ignored[0]
    types, target = _predicted_types(given, predicted, pairs, taken, (foreground, background))
    types = np.select([~counted, is_right, absorbed], [UNCOUNTED, RIGHT, IGNORED], types)
    target = np.where(is_right, taken, np.where(np.isin(types, ("Cls", "Loc", "Dupe")), target, -1))
    paired = _paired(given, predicted, types, target)
    of_pair = types[paired] if len(types) else np.full(len(given), "Missed")
    of_given = np.select([given.is_ignored, paired < 0], [IGNORED, "Missed"], of_pair)
    return ErrorTypes(of_given, types, paired, target)


def best_pair(owner: np.ndarray, value: np.ndarray, n: int) -> np.ndarray:
    """(n,) int64: the place of each owner's pair of the greatest value, the first of equals; -1 for no pair."""
    result = np.full(n, -1, np.int64)
    if len(owner) and (owner[1:] >= owner[:-1]).all():  # as `overlaps` gives them: no sorting, five times as fast
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        best = np.repeat(np.maximum.reduceat(value, starts), np.diff(starts, append=len(owner)))
        hits = np.flatnonzero(value == best)[::-1]
        result[owner[hits]] = hits  # of equals the one assigned last stays, which is the first
        return result
    order = np.lexsort((-np.arange(len(owner)), value, owner))
    ranked = owner[order]
    last = np.flatnonzero(np.diff(ranked, append=-1))
    result[ranked[last]] = order[last]
    return result


def greatest(owner: np.ndarray, value: np.ndarray, n: int) -> np.ndarray:
    """(n,) float64: the greatest value of each owner's pairs, 0 for an owner without any."""
    result = np.zeros(n)
    np.maximum.at(result, owner, value)
    return result


def _predicted_types(
    given: GivenBoxes, predicted: PredictedBoxes, pairs: Overlaps, taken: np.ndarray, limits: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Type and target of each prediction, as if none were right."""
    foreground, background = limits
    n = len(predicted)
    objects = pairs.take(~given.is_ignored[pairs.given])
    is_taken = np.zeros(len(given), bool)
    is_taken[taken[taken >= 0]] = True
    right = _best(objects.take(objects.is_right), n)
    wrong = _best(objects.take(~objects.is_right), n)
    used = _best(objects.take(objects.is_right & is_taken[objects.given]), n)
    highest = np.maximum(right[0], wrong[0])
    conditions = [
        (right[0] >= background) & (right[0] < foreground),
        wrong[0] >= foreground,
        used[0] >= foreground,
        highest <= background,
    ]
    types = np.select(conditions, ["Loc", "Cls", "Dupe", "Bkg"], "Both")
    return types, np.select(conditions, [right[1], wrong[1], used[1], np.full(n, -1)], -1)


def _best(pairs: Overlaps, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The highest IoU of each prediction, 0 for none, and the given box it is with, -1 for none."""
    place = best_pair(pairs.predicted, pairs.iou, n)
    known = place >= 0
    value, box = np.zeros(n), np.full(n, -1, np.int64)
    value[known], box[known] = pairs.iou[place[known]], pairs.given[place[known]]
    return value, box


def _absorbed(given: GivenBoxes, predicted: PredictedBoxes, pairs: Overlaps, foreground: float) -> np.ndarray:
    """(P,) bool: overlaps an ignore region of its class enough, whatever else took that region."""
    result = np.zeros(len(predicted), bool)
    result[pairs.predicted[given.is_ignored[pairs.given] & pairs.is_right & (pairs.iou >= foreground)]] = True
    return result


def _paired(given: GivenBoxes, predicted: PredictedBoxes, types: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The prediction of each given box: the right one, else the most confident one that errs about it."""
    some = np.flatnonzero(np.isin(types, (RIGHT, "Cls", "Loc")))
    value = np.where(types[some] == RIGHT, np.inf, predicted.confidence[some])
    place = best_pair(target[some], value, len(given))
    return np.where(place >= 0, some[place], -1) if len(some) else place
