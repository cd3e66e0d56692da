"""Object hypotheses, the rows of the level `boxes`: each given box with its prediction, and unpaired predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.error_types import IGNORED, RIGHT, UNCOUNTED, ErrorTypes, error_types, greatest
from hem_core.boxes.overlaps import LEAST, Overlaps, overlaps


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """R rows, by image: first the given boxes that are objects, then the unpaired predictions."""

    given_boxes: GivenBoxes
    predicted_boxes: PredictedBoxes
    pairs: Overlaps
    types: ErrorTypes
    given: np.ndarray
    """(R,) int64, the index of the given box; -1 for an unpaired prediction."""
    predicted: np.ndarray
    """(R,) int64, the index of the prediction; -1 for a given box without one."""
    foreground: float
    background: float
    floor: float

    def __len__(self) -> int:
        return len(self.given)

    @property
    def is_given(self) -> np.ndarray:
        """(R,) bool."""
        return self.given >= 0

    @property
    def is_pair(self) -> np.ndarray:
        """(R,) bool: a given box with a prediction."""
        return (self.given >= 0) & (self.predicted >= 0)

    @property
    def image(self) -> np.ndarray:
        """(R,) int64, the index of the image."""
        return self.of_rows(self.given_boxes.image, self.predicted_boxes.image)

    @property
    def xyxy(self) -> np.ndarray:
        """(R, 4) float64: the given box, or the predicted one where nothing is given."""
        return self.of_rows(self.given_boxes.xyxy, self.predicted_boxes.xyxy)

    @property
    def type(self) -> np.ndarray:
        """(R,) text: TIDE's type, or right."""
        return self.of_rows(self.types.given, self.types.predicted)

    def of_rows(self, of_given: np.ndarray, of_predicted: np.ndarray) -> np.ndarray:
        """Values of the rows: of the given box where there is one, else of the prediction."""
        result = np.empty((len(self), *of_given.shape[1:]), np.result_type(of_given, of_predicted))
        result[self.is_given] = of_given[self.given[self.is_given]]
        result[~self.is_given] = of_predicted[self.predicted[~self.is_given]]
        return result


def hypotheses(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    *,
    foreground: float = 0.5,
    background: float = LEAST,
    floor: float = 0.05,
    pairs: Overlaps | None = None,
) -> Hypotheses:
    """Rows of given and predicted boxes, so that nothing is counted twice.

    A given box is paired with the prediction that matches it at IoU `foreground`; failing that, with the most confident
    prediction of another class there, or of its class at an IoU from `background` on (errors Cls and Loc). Crowd and
    ignore regions and the predictions that they absorb are no rows, nor are predictions of a confidence below `floor`.
    pairs: of `overlaps` over all classes, where they are at hand, with a `least` of no more than `background`.
    Raises DataError unless 0 < background <= foreground <= 1.
    """
    pairs = overlaps(given, predicted, least=min(background, LEAST)) if pairs is None else pairs
    types = error_types(given, predicted, pairs, foreground=foreground, background=background, floor=floor)
    objects = np.flatnonzero(~given.is_ignored)
    is_over = ~np.isin(types.predicted, (RIGHT, IGNORED, UNCOUNTED))
    is_over[types.paired[types.paired >= 0]] = False
    left_over = np.flatnonzero(is_over)
    rows = np.concatenate([objects, np.full(len(left_over), -1)])
    theirs = np.concatenate([types.paired[objects], left_over])
    images = np.concatenate([given.image[objects], predicted.image[left_over]])
    order = np.argsort(images, kind="stable")
    limits = foreground, background, floor
    return Hypotheses(given, predicted, pairs, types, rows[order], theirs[order], *limits)


def pair_iou(rows: Hypotheses) -> np.ndarray:
    """(R,) float64 in 0 .. 1: IoU of the two boxes of a row; NaN where there is one box alone."""
    n = max(len(rows.predicted_boxes), 1)
    key = rows.pairs.given * n + rows.pairs.predicted
    order = np.argsort(key)
    wanted = (rows.given * n + rows.predicted)[rows.is_pair]
    result = np.full(len(rows), np.nan)
    result[rows.is_pair] = rows.pairs.iou[order[np.searchsorted(key, wanted, sorter=order)]] if len(wanted) else 0.0
    return result


def right_confidence(rows: Hypotheses) -> np.ndarray:
    """(M,) in 0 .. 1: the highest confidence of any prediction of a given box's class there, of any confidence."""
    near = rows.pairs.take(rows.pairs.is_right & (rows.pairs.iou >= rows.foreground))
    return greatest(near.given, rows.predicted_boxes.probability()[near.predicted], len(rows.given_boxes))


def wrong_confidence(rows: Hypotheses) -> np.ndarray:
    """(M,) in 0 .. 1: the highest confidence of any prediction of another class there that is not right elsewhere."""
    is_free = rows.types.predicted[rows.pairs.predicted] != RIGHT
    near = rows.pairs.take(~rows.pairs.is_right & (rows.pairs.iou >= rows.foreground) & is_free)
    return greatest(near.given, rows.predicted_boxes.probability()[near.predicted], len(rows.given_boxes))


def seen_confidence(rows: Hypotheses) -> np.ndarray:
    """(M,) in 0 .. 1: how surely the model sees something at a given box, whatever its class.

    The highest confidence of any prediction there, of any confidence; one that overlaps the box by less than
    `foreground` counts in proportion to its IoU, so that what is predicted beside a box does not vouch for it.
    """
    near = rows.pairs
    confidence = rows.predicted_boxes.probability()[near.predicted] * np.minimum(near.iou / rows.foreground, 1)
    return greatest(near.given, confidence, len(rows.given_boxes))
