"""ObjectLab's scores of images and boxes, turned so that higher = more suspect; and what it needs as input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes


@dataclass(frozen=True, eq=False)
class ObjectLab:
    """1 - the scores of cleanlab's ObjectLab (Tkachenko et al. 2023, arXiv:2309.00832)."""

    image: np.ndarray
    """(N,) the quality of the image's labels."""
    overlooked: np.ndarray
    """(P,) of predictions; 0 where its rule does not apply."""
    badloc: np.ndarray
    """(M,) of given boxes."""
    swap: np.ndarray
    """(M,) of given boxes."""


def object_lab(given: GivenBoxes, predicted: PredictedBoxes, n_images: int, n_classes: int) -> ObjectLab:
    """Ask cleanlab. Predictions below a confidence of .05 are not shown to it, as HEM's rows leave them out."""
    from cleanlab.object_detection import rank  # pyright: ignore[reportMissingImports]

    seen = np.flatnonzero(predicted.confidence >= 0.05)
    labels, predictions, order = as_cleanlab(given, predicted, seen, n_images, n_classes)
    inputs = {"labels": labels, "predictions": predictions}
    image = 1 - rank.get_label_quality_scores(labels, predictions, verbose=False)
    overlooked = np.zeros(len(predicted))
    for at, scores in zip(order, rank.compute_overlooked_box_scores(**inputs), strict=True):
        overlooked[at] = 1 - np.nan_to_num(np.asarray(scores, float), nan=1.0)
    of_given = []
    for scores in (rank.compute_badloc_box_scores(**inputs), rank.compute_swap_box_scores(**inputs)):
        values = np.zeros(len(given))
        for at, some in enumerate(scores):
            values[given.image == at] = 1 - np.asarray(some, float)
        of_given.append(values)
    return ObjectLab(image, overlooked, *of_given)


def as_cleanlab(
    given: GivenBoxes, predicted: PredictedBoxes, seen: np.ndarray, n_images: int, n_classes: int
) -> tuple[list[dict[str, np.ndarray]], list[Any], list[np.ndarray]]:
    """Labels and predictions of each image, and the indices of the predictions in the order that cleanlab has."""
    labels, predictions, order = [], [], []
    whole = np.concatenate([predicted.xyxy, predicted.confidence[:, None]], axis=1)
    for image in range(n_images):
        mine, theirs = given.image == image, seen[predicted.image[seen] == image]
        labels.append({"bboxes": given.xyxy[mine], "labels": given.label[mine]})
        by_class = [theirs[predicted.label[theirs] == k] for k in range(n_classes)]
        split = np.empty(n_classes, object)
        for k, some in enumerate(by_class):
            split[k] = whole[some]
        predictions.append(split)
        order.append(np.concatenate(by_class))
    return labels, predictions, order
