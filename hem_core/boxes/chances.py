"""How good a model is at finding boxes, naming them and placing them, learnt from the rows that are looked at."""

from __future__ import annotations

import numpy as np

from hem_core.boxes.arrays import GivenBoxes
from hem_core.boxes.error_types import RIGHT
from hem_core.boxes.geometry import border_distance
from hem_core.boxes.hypotheses import Hypotheses
from hem_core.boxes.surroundings import size_px

OBJECT_IF = 1.0, 1.5
"""Log-odds that an object is where the model predicts one, before any row is seen: at confidence .5, and for each unit
of its log-odds."""
RIGHT_CLASS_IF = 1.0, 2.0
SEEN = 2.0
"""Log-odds that the model sees a given box, before any row is looked at."""
OFF = 0.15, 20
"""1 - IoU of a pair of boxes at the same object, before any row is seen, and how many pairs that is worth."""
MOST = 50_000
"""Rows that are learnt from; of more, every n-th."""
STEPS = 30


def log_odds(value: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), p cut to .001 .. .999."""
    p = np.clip(value, 1e-3, 1 - 1e-3)
    return np.log(p / (1 - p))


def object_chance(rows: Hypotheses) -> np.ndarray:
    """(P,) in 0 .. 1: how often predictions of this confidence have an object, by those that were given one."""
    confidence = rows.predicted_boxes.probability()
    return _by_confidence(rows, (RIGHT,), ("Bkg", "Both", "Loc"), OBJECT_IF, confidence)


def class_chance(rows: Hypotheses, confidence: np.ndarray) -> np.ndarray:
    """How often predictions of such a confidence, (Q,) in 0 .. 1, have the given class where they are at an object."""
    return _by_confidence(rows, (RIGHT,), ("Cls",), RIGHT_CLASS_IF, confidence)


def usually_unseen(boxes: GivenBoxes, unseen: np.ndarray, image_size_px: np.ndarray | None) -> np.ndarray:
    """(M,) in 0 .. 1: how unseen boxes like this one are, by size, class, nearness to the border and fullness of image.

    unseen (M,) in 0 .. 1: how far each box is not seen. image_size_px (N, 2), 0 where unknown; None where nothing is
    known of it. The geometric mean with all boxes: what is usual is learnt from the same boxes, and where wrong ones
    are unseen too, boxes like them would be excused in full.
    """
    objects = np.flatnonzero(~boxes.is_ignored)
    result = np.ones(len(boxes))
    if not len(objects):
        return result
    some = boxes.take(objects)
    seen = 1 - unseen[objects]
    size = np.log(np.maximum(size_px(some.xyxy), 1.0))
    size = (size - size.mean()) / (size.std() + 1e-9)
    near = np.log(np.bincount(some.image)[some.image])
    touches = np.zeros(len(some))
    if image_size_px is not None:
        touches = (np.nan_to_num(border_distance(some.xyxy, image_size_px[some.image]), nan=np.inf) <= 1).astype(float)
    of_class = _rate_of_class(some.label, seen)
    features = np.stack([size, size**2, near - near.mean(), touches, of_class], axis=1)  # (M, 5)
    weights = logistic(features, seen, (SEEN, *[0.0] * features.shape[1]))
    result[objects] = np.sqrt((1 - probability(features, weights)) * unseen[objects].mean())
    return result


def usual_offset(one_less_iou: np.ndarray) -> float:
    """The mean 1 - IoU of a prediction and the box that it found. one_less_iou (Q,): of pairs that overlap by half."""
    value, worth = OFF
    return float((one_less_iou.sum() + value * worth) / (len(one_less_iou) + worth))


def logistic(
    features: np.ndarray, answer: np.ndarray, prior: tuple[float, ...], *, weight: np.ndarray | None = None
) -> np.ndarray:
    """Weights (1 + F,) of a logistic regression, the constant first, drawn towards `prior` as by a few rows.

    features (M, F); answer (M,) in 0 .. 1; prior: 1 + F numbers; weight (M,) of the rows, 1 by default.
    """
    step = 1 + len(features) // MOST
    design = np.concatenate([np.ones((len(features[::step]), 1)), features[::step]], axis=1)
    counts = np.ones(len(design)) if weight is None else weight[::step]
    want, centre, pull = answer[::step], np.asarray(prior, np.float64), np.array([0.5, *[2.0] * features.shape[1]])

    def cost(weights: np.ndarray) -> float:
        score = design @ weights
        return float(
            (counts * (np.logaddexp(0, score) - want * score)).sum() + (pull * (weights - centre) ** 2).sum() / 2
        )

    weights = centre.copy()
    for _step in range(STEPS):
        p = probability(design[:, 1:], weights)
        slope = design.T @ (counts * (p - want)) + pull * (weights - centre)
        bend = (design * (counts * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ design + np.diag(pull)
        change, size = np.linalg.solve(bend, slope), 1.0
        while cost(weights - size * change) > cost(weights) and size > 1e-3:
            size /= 2
        weights = weights - size * change
        if np.abs(size * change).max() < 1e-6:
            break
    return weights


def probability(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(M,) in 0 .. 1 of features (M, F)."""
    return 1 / (1 + np.exp(-np.clip(weights[0] + features @ weights[1:], -30, 30)))


def _by_confidence(
    rows: Hypotheses, yes: tuple[str, ...], no: tuple[str, ...], prior: tuple[float, float], wanted: np.ndarray
) -> np.ndarray:
    kind, confidence = rows.types.predicted, rows.predicted_boxes.probability()
    used = np.isin(kind, (*yes, *no))
    features = log_odds(confidence[used])[:, None]  # (Q, 1)
    weights = logistic(features, np.isin(kind[used], yes).astype(np.float64), prior)
    weights[1] = max(weights[1], 0.1)  # more confidence never counts for less
    return probability(log_odds(wanted)[:, None], weights)


def _rate_of_class(label: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(M,) log-odds that a box of the class is seen, less those of all boxes; five average boxes are added to each."""
    n, total, mean = np.bincount(label), np.bincount(label, weights=seen), seen.mean()
    return (log_odds((total + 5 * mean) / (n + 5)) - log_odds(mean))[label]
