"""Label suspicion: whether the annotation is wrong rather than the model, and in which of four ways."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hem_core.boxes.chances import class_chance, object_chance, usual_offset, usually_unseen
from hem_core.boxes.error_types import greatest
from hem_core.boxes.hypotheses import Hypotheses, pair_iou, right_confidence, seen_confidence, wrong_confidence

KINDS = ("missing", "spurious", "misplaced", "wrong_class")
PRIOR = 0.05
"""The share of boxes that are taken to be annotated wrongly, in each way, before anything is known of a box."""
SHARPNESS = 3
"""How fast a box that is seen with some confidence stops being suspect of not being there."""


@dataclass(frozen=True, eq=False)
class Suspicion:
    """R rows; every column in 0 .. 1, higher = more suspicious, 0 where a kind cannot apply.

    A number is how probable it is that the annotation is wrong in that way and not the model, if one box in twenty is:
    what a model misses often, or confuses often, says little about an annotation.
    """

    missing: np.ndarray
    """A prediction where nothing of its class is given."""
    spurious: np.ndarray
    """A given box that the model does not see, whatever its class."""
    misplaced: np.ndarray
    """A given box whose class the model sees elsewhere."""
    wrong_class: np.ndarray
    """A given box where the model sees another class."""

    @cached_property
    def label_suspicion(self) -> np.ndarray:
        """(R,) the largest of the four."""
        return self.values.max(axis=1)

    @cached_property
    def kind(self) -> np.ndarray:
        """(R,) text: which one that is, the first of equals; "" where all are 0."""
        values = self.values
        return np.where(values.max(axis=1) > 0, np.asarray(KINDS)[values.argmax(axis=1)], "")

    @cached_property
    def values(self) -> np.ndarray:
        """(R, 4), a column a kind, in the order of KINDS."""
        return np.stack([self.missing, self.spurious, self.misplaced, self.wrong_class], axis=1)  # (R, 4)


def suspicion(rows: Hypotheses, image_size_px: np.ndarray | None = None) -> Suspicion:
    """Four plain measures of each row, each against how often this model errs in that way where the label is right.

    missing: the confidence of a prediction that is paired with no given box, unless it is a duplicate; against the
    share of predictions of that confidence that have an object; times 1 - IoU with a given box of its class.
    spurious: 1 - the highest confidence of any prediction at the box, whatever its class, in proportion to its IoU
    where that is below `foreground`; against how unseen boxes of that size and class, as near to the border, in as full
    an image are.
    misplaced: 1 - IoU where the box is paired with a prediction of its class, against the usual one; times confidence.
    wrong_class: the highest confidence of another class at the box, less that of its own class, at least 0; against the
    share of predictions of that confidence at an object that have its class.
    A prediction that is right about one box says nothing of the class of another.
    image_size_px (N, 2), 0 where unknown.
    The numbers mean most with predictions of a model that was not trained on these labels.
    """
    missing, spurious, misplaced, wrong_class = np.zeros((4, len(rows)))
    boxes, is_given, is_pair = rows.predicted_boxes, rows.is_given, rows.is_pair
    is_new = ~is_given & (rows.type != "Dupe")
    chance, shared = object_chance(rows), pair_iou(rows)
    new = rows.predicted[is_new]
    missing[is_new] = _rather(chance[new]) * (1 - _claimed(rows)[new])
    own = rows.given[is_given]
    unseen = (1 - seen_confidence(rows)) ** SHARPNESS
    usual = usually_unseen(rows.given_boxes, unseen, image_size_px)
    spurious[is_given] = _odds(unseen, usual)[own]
    wrong_class[is_given] = _wrong_class(rows)[own]
    same = np.zeros(len(rows), bool)
    same[is_pair] = rows.given_boxes.label[rows.given[is_pair]] == boxes.label[rows.predicted[is_pair]]
    off = 1 - shared[same]
    off_by = usual_offset(off[off <= 1 - rows.foreground])
    misplaced[same] = _odds(np.ones(len(off)), np.exp(-off / off_by)) * chance[rows.predicted[same]]
    misplaced[same & (np.nan_to_num(shared) > 1 - 1e-9)] = 0
    return Suspicion(missing, spurious, misplaced, wrong_class)


def _claimed(rows: Hypotheses) -> np.ndarray:
    """(P,) in 0 .. 1: the highest IoU of a prediction with a given box, which it may be about; 1 at `foreground`."""
    near = rows.pairs.take(~rows.given_boxes.is_ignored[rows.pairs.given])
    shared = greatest(near.predicted, near.iou, len(rows.predicted_boxes))
    return np.where(shared >= rows.foreground, 1.0, shared)


def _wrong_class(rows: Hypotheses) -> np.ndarray:
    """(M,) of the given boxes."""
    lead = np.maximum(wrong_confidence(rows) - right_confidence(rows), 0)
    return np.where(lead > 0, _rather(class_chance(rows, lead)), 0.0)


def _rather(chance: np.ndarray) -> np.ndarray:
    """How probable it is that the annotation is wrong where a model that is right by `chance` contradicts it."""
    return _odds(chance, 1 - chance)


def _odds(if_wrong: np.ndarray, if_right: np.ndarray) -> np.ndarray:
    """Bayes' rule: how likely what is seen would be if the annotation were wrong, and if it were right."""
    wrong = PRIOR * if_wrong
    return wrong / np.maximum(wrong + (1 - PRIOR) * if_right, 1e-12)
