"""How wrong the predictions for an image are as a whole, at the confidence from which predictions are used."""

from __future__ import annotations

import numpy as np

from hem_core.boxes.error_types import IGNORED, RIGHT, UNCOUNTED
from hem_core.boxes.hypotheses import Hypotheses
from hem_core.thresholds import WRONG

USED = WRONG
"""Confidence from which a prediction is taken at its word."""


def image_error(rows: Hypotheses, n_images: int) -> np.ndarray:
    """1 - F1 of each image, (N,) in 0 .. 1: 0 where every object is found and nothing else is predicted.

    Of the predictions with a confidence of .5 and more, TP are right, FP are not; FN objects are found by none of them.
    1 - 2 TP / (2 TP + FP + FN) is .5 where two mistakes stand against each object that is found. It does not grow with
    the number of objects, so crowded images do not come first by it; 0 for an image without objects and predictions.
    """
    types, boxes = rows.types.predicted, rows.predicted_boxes
    is_used = (boxes.probability() >= USED) & ~np.isin(types, (IGNORED, UNCOUNTED))
    n_used = np.bincount(boxes.image[is_used], minlength=n_images)
    n_right = np.bincount(boxes.image[is_used & (types == RIGHT)], minlength=n_images)
    n_given = np.bincount(rows.given_boxes.image[~rows.given_boxes.is_ignored], minlength=n_images)
    whole = n_used + n_given  # 2 TP + FP + FN
    return 1 - np.divide(2 * n_right, whole, out=np.ones(n_images), where=whole > 0)
