"""Label suspicion: whether the annotation is wrong rather than the model, and in which of four ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.hypotheses import Hypotheses, pair_iou, right_confidence, seen_confidence, wrong_confidence

KINDS = ("missing", "spurious", "misplaced", "wrong_class")


@dataclass(frozen=True, eq=False)
class Suspicion:
    """R rows; every column in 0 .. 1, higher = more suspicious, 0 where a kind cannot apply."""

    missing: np.ndarray
    """A confident prediction where nothing is given."""
    spurious: np.ndarray
    """A given box that the model does not see, whatever its class."""
    misplaced: np.ndarray
    """A given box whose class the model sees elsewhere."""
    wrong_class: np.ndarray
    """A given box where the model sees another class."""

    @property
    def label_suspicion(self) -> np.ndarray:
        """(R,) the largest of the four."""
        return self._all().max(axis=1)

    @property
    def kind(self) -> np.ndarray:
        """(R,) text: which one that is, the first of equals; "" where all are 0."""
        values = self._all()
        return np.where(values.max(axis=1) > 0, np.asarray(KINDS)[values.argmax(axis=1)], "")

    def _all(self) -> np.ndarray:
        return np.stack([self.missing, self.spurious, self.misplaced, self.wrong_class], axis=1)  # (R, 4)


def suspicion(rows: Hypotheses) -> Suspicion:
    """Four plain measures of each row.

    missing: the confidence of a prediction that is paired with no given box, unless it is a duplicate.
    spurious: 1 - the highest confidence of any prediction, of any class, that overlaps the box beyond the background.
    misplaced: (1 - IoU) × confidence where the box is paired with a prediction of its class.
    wrong_class: the highest confidence of another class at the box, less that of its own class, at least 0.
    They mean most with predictions of a model that was not trained on these labels.
    """
    missing, spurious, misplaced, wrong_class = np.zeros((4, len(rows)))
    boxes, is_given, is_pair = rows.predicted_boxes, rows.is_given, rows.is_pair
    is_new = ~is_given & (rows.type != "Dupe")
    missing[is_new] = boxes.probability()[rows.predicted[is_new]]
    own = rows.given[is_given]
    spurious[is_given] = 1 - seen_confidence(rows)[own]
    wrong_class[is_given] = np.maximum(wrong_confidence(rows) - right_confidence(rows), 0)[own]
    same = np.zeros(len(rows), bool)
    same[is_pair] = rows.given_boxes.label[rows.given[is_pair]] == boxes.label[rows.predicted[is_pair]]
    misplaced[same] = (1 - pair_iou(rows)[same]) * boxes.probability()[rows.predicted[same]]
    return Suspicion(missing, spurious, misplaced, wrong_class)
