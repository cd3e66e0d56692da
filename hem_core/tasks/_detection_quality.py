"""The quality of boxes that are given as arrays, image by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hem_core.array_checks import check_lengths, numbers
from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, predicted_boxes
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.image_error import image_error
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.pooling import Pooling
from hem_core.boxes.suspicion import KINDS
from hem_core.errors import DataError
from hem_core.tasks import _detection_images as images
from hem_core.tasks import _detection_probes as probes
from hem_core.tasks._detection_reasons import Reasons
from hem_core.tasks._rates_labels import Rated

MISSING = KINDS[0]
"""The kind of suspicion that is of predictions; the others are of given boxes."""


def rated(labels: Any, predictions: Any, limits: tuple[float, float, float], pool: Pooling) -> Rated:
    """labels: N dicts of `bboxes` (L, 4) and `labels` (L,); predictions: N sequences of K arrays (M, 5), a class each.

    Corners are left, top, right, bottom in px, the fifth column is the confidence. limits: `Task.limits`. The quality
    of an image is 1 − the probability that any of its three most suspicious boxes is annotated wrongly.
    """
    check_lengths(labels, predictions, "predictions")
    n = len(labels)
    predicted, n_classes = _predicted(predictions)
    given = _given(labels, n_classes)
    foreground, background, floor = limits
    rows = hypotheses(given, predicted, foreground=foreground, background=background, floor=floor)
    judgement = Judgement(rows, np.zeros((n, 2)))
    planted = probes.plantings(judgement, seed=0)
    if planted is not None:
        judgement = replace(judgement, chance=probes.learn(planted))
    is_suspect = Reasons(judgement, range(n_classes)).is_suspect  # pyright: ignore[reportArgumentType]
    return Rated(
        quality=1 - images.suspicion_columns(judgement, n, pool)["suspicion"],
        is_issue=np.bincount(rows.image[is_suspect], minlength=n) > 0,
        is_contradicted=image_error(rows, n) > 0,
        given=[np.asarray(each["labels"]).tolist() for each in labels],
        predicted=_classes_of(rows.predicted_boxes, n),
        parts=_parts(judgement, n),
    )


def _parts(judgement: Judgement, n: int) -> Mapping[str, list[np.ndarray]]:
    """Kind -> a list of N arrays: of MISSING one number a prediction, by class; of the others one a given box."""
    rows, values = judgement.rows, judgement.suspicion.values
    found = {}
    for place, kind in enumerate(KINDS):
        boxes, at = (rows.predicted_boxes, rows.predicted) if kind == MISSING else (rows.given_boxes, rows.given)
        quality = np.ones(len(boxes))
        quality[at[at >= 0]] = 1 - values[at >= 0, place]
        found[kind] = np.split(quality, np.cumsum(np.bincount(boxes.image, minlength=n))[:-1]) if n else []
    return found


def _classes_of(boxes: PredictedBoxes, n: int) -> list[list[int]]:
    """The classes that are predicted in each image with a confidence of at least .5."""
    found: list[list[int]] = [[] for _image in range(n)]
    for at in np.flatnonzero(boxes.probability() >= 0.5).tolist():
        found[int(boxes.image[at])].append(int(boxes.label[at]))
    return found


def _predicted(predictions: Sequence[Any]) -> tuple[PredictedBoxes, int]:
    """The boxes, image by image and class by class, and the number of classes."""
    counts = {len(each) for each in predictions}
    if len(counts) > 1:
        raise DataError(
            f"predictions must have one array a class for each image; images have {min(counts)} to {max(counts)} arrays"
        )
    rows, image, label = [np.zeros((0, 5))], [0], [0]
    sizes = [0]
    for place, of_image in enumerate(predictions):
        for k, boxes in enumerate(of_image):
            shape = f"(M, 5) for class {k} of image {place}: left, top, right, bottom, confidence"
            some = numbers(boxes, "predictions", n_axes=2, shape=shape) if len(boxes) else np.zeros((0, 5))
            if some.shape[1] != 5:
                raise DataError(f"predictions must have the shape {shape}; they have {some.shape}")
            rows.append(some)
            image.append(place)
            label.append(k)
            sizes.append(len(some))
    whole = np.concatenate(rows)
    _check_corners(whole[:, :4], np.repeat(image, sizes), "predictions")
    boxes = predicted_boxes(np.repeat(image, sizes), np.repeat(label, sizes), whole[:, :4], whole[:, 4])
    return boxes, max(counts, default=0)


def _given(labels: Sequence[Any], n_classes: int) -> GivenBoxes:
    corners, classes, sizes = [np.zeros((0, 4))], [np.zeros(0, np.int64)], []
    for place, each in enumerate(labels):
        own, of_own = _of_image(place, each)
        beyond = of_own[(of_own < 0) | (of_own >= n_classes)]
        if len(beyond):
            raise DataError(
                f"image {place} has a box of class {beyond[0]}; predictions have {n_classes} arrays, classes 0 to "
                f"{n_classes - 1}"
            )
        corners.append(own)
        classes.append(of_own)
        sizes.append(len(own))
    whole, image = np.concatenate(corners), np.repeat(np.arange(len(labels)), sizes)
    _check_corners(whole, image, "labels")
    return given_boxes(image, np.concatenate(classes), whole)


def _of_image(place: int, each: Any) -> tuple[np.ndarray, np.ndarray]:
    """Corners (L, 4) and classes (L,) of one image."""
    if not isinstance(each, Mapping) or not {"bboxes", "labels"} <= set(each):
        raise DataError(f"labels are a dict with 'bboxes' and 'labels' for each image; image {place} is {each!r:.80}")
    classes = np.asarray(each["labels"])
    if classes.dtype.kind in "USO" and len(classes):
        raise DataError(f"image {place} names its classes ('{classes[0]}'); pass their numbers, from 0 in the order of "
                        "the arrays of predictions")  # fmt: skip
    own = numbers(each["bboxes"], f"bboxes of image {place}", n_axes=2, shape="(L, 4)") if len(each["bboxes"]) else None
    own = np.zeros((0, 4)) if own is None else own
    if own.shape[1] != 4 or len(own) != len(classes):
        raise DataError(
            f"image {place} has bboxes of the shape {own.shape} and {len(classes)} labels; pass (L, 4) and (L,)"
        )
    return own, classes.astype(np.int64)


def _check_corners(xyxy: np.ndarray, image: np.ndarray, name: str) -> None:
    bad = np.flatnonzero((xyxy[:, 2:] < xyxy[:, :2]).any(axis=1))
    if len(bad):
        raise DataError(
            f"boxes are left, top, right, bottom; image {image[bad[0]]} of {name} has {xyxy[bad[0]].tolist()}. "
            "Boxes of (x, y, width, height) become [x, y, x + width, y + height]"
        )
