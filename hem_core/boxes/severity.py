"""How bad a hypothesis is, by component: the class, the place, the miss; and what a row's `error` is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.hypotheses import Hypotheses, pair_iou, right_confidence


@dataclass(frozen=True, eq=False)
class Severity:
    """Numbers of R rows; higher = harder."""

    cls: np.ndarray
    """(R,) nats, 0 or more: -log p of the given class; NaN for a row of one box alone."""
    loc: np.ndarray
    """(R,) in 0 .. 1: 1 - IoU of the two boxes, 1 for a given box alone; NaN for an unpaired prediction."""
    miss: np.ndarray
    """(R,) in 0 .. 1: 1 - the highest confidence of the given class at the box; NaN for an unpaired prediction."""
    severity: np.ndarray
    """(R,) in 0 .. 1: the larger of `miss` and `loc`; of an unpaired prediction its confidence."""
    error: np.ndarray
    """(R,) in 0 .. 1: 1 - IoU where the prediction has the given class, 1 where not; of an unpaired
    prediction its confidence."""


def severity(rows: Hypotheses) -> Severity:
    """The components of each row.

    `miss` asks all predictions of the given class whose IoU is at least `rows.foreground`, also those below the floor,
    so that it ranks boxes that are missed by a little and by far.
    """
    is_given, is_pair = rows.is_given, rows.is_pair
    loc = np.where(is_given, np.where(is_pair, 1 - pair_iou(rows), 1.0), np.nan)
    miss = np.full(len(rows), np.nan)
    miss[is_given] = 1 - right_confidence(rows)[rows.given[is_given]]
    confidence = np.full(len(rows), np.nan)
    confidence[~is_given] = rows.predicted_boxes.probability()[rows.predicted[~is_given]]
    is_right = np.zeros(len(rows), bool)
    label, answer = rows.given_boxes.label, rows.predicted_boxes.label
    is_right[is_pair] = label[rows.given[is_pair]] == answer[rows.predicted[is_pair]]
    return Severity(
        class_loss(rows),
        loc,
        miss,
        np.where(is_given, np.fmax(miss, loc), confidence),
        np.where(is_given, np.where(is_right, loc, 1.0), confidence),
    )


def class_loss(rows: Hypotheses) -> np.ndarray:
    """(R,) -log p of the given class at the prediction of each pair, in nats; NaN for a row of one box alone.

    With the probabilities of all classes this is the cross-entropy. Results files hold the confidence c of the
    predicted class alone: then it is -log c where that is the given class. Where it is another one, p is unknown; it
    can be no more than c, since the model prefers the other class, nor more than 1 - c. The value is
    -log min(c, 1 - c): the least that the loss can be (for classes that exclude each other), not an estimate of it.
    p is taken as at least 1.2e-7, the resolution of the single precision in which models compute it (15.9 nats).
    """
    result = np.full(len(rows), np.nan)
    pair = np.flatnonzero(rows.is_pair)
    boxes, given, which = rows.predicted_boxes, rows.given_boxes.label[rows.given[pair]], rows.predicted[pair]
    if boxes.probs is not None:
        p = boxes.probs[which, given]
    else:
        sure = boxes.probability()[which]
        p = np.where(boxes.label[which] == given, sure, np.minimum(sure, 1 - sure))
    result[pair] = 0.0 - np.log(np.maximum(p, np.finfo(np.float32).eps))
    return result
