"""Predicted boxes of N examples as one array (N, 6 M), padded, so that they pass through a shard like any output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, numbered

if TYPE_CHECKING:
    from torch import Tensor

FIELDS = 6
"""Left, top, right, bottom, class index, confidence."""
NO_BOX = -1.0
"""The class of a place that holds no box; its other numbers are 0."""
MOST_OF_A_MODEL = 300
"""Predictions of a model that count in each image, the most confident ones; COCO counts 100 of each class."""
MOST_OF_A_FILE = 1000


def packed(boxes: PredictedBoxes, n: int, most: int = MOST_OF_A_FILE) -> np.ndarray:
    """Predictions on n images as (n, 6 M) float64, each at the place of its number; M is the highest number.

    Of an image with more than `most`, the most confident ones are kept; where a number exceeds it, all are numbered
    anew.
    """
    kept = np.flatnonzero(_rank(boxes) < most)
    kept = kept[np.lexsort((boxes.number[kept], boxes.image[kept]))]
    image, place = boxes.image[kept], boxes.number[kept] - 1
    if place.max(initial=0) >= most:
        place = numbered(image) - 1
    width = int(place.max(initial=0)) + 1
    result = np.zeros((n, width, FIELDS))
    result[:, :, 4] = NO_BOX
    result[image, place, :4] = boxes.xyxy[kept]
    result[image, place, 4] = boxes.label[kept]
    result[image, place, 5] = boxes.confidence[kept]
    return result.reshape(n, width * FIELDS)


def unpacked(raw: np.ndarray, first_label: int = 0, labels: Sequence[int] = ()) -> PredictedBoxes:
    """The inverse of `packed`: raw (N, 6 M) -> predictions of images 0 .. N - 1.

    first_label: the number that stands for the first class; what is below it is background and no box. labels: the
    class of each label from 0 on in its place, -1 = no box.
    """
    table = raw.reshape(len(raw), raw.shape[1] // FIELDS, FIELDS).astype(np.float64, copy=False)
    if len(labels):
        known = np.asarray([*labels, -1], np.int64)  # a place without a box is -1, and so the last
        table = table.copy()
        table[:, :, 4] = known[np.rint(np.nan_to_num(table[:, :, 4], nan=-1)).astype(np.int64)]
        first_label = 0
    image, place = np.nonzero(table[:, :, 4] >= max(first_label, 0))
    found = table[image, place]
    label = np.rint(found[:, 4]).astype(np.int64) - first_label
    return PredictedBoxes(image.astype(np.int64), label, found[:, :4], found[:, 5], place + 1)


def of_images(boxes: GivenBoxes, images: np.ndarray) -> GivenBoxes:
    """The boxes of some images, whose number becomes their place among these. images: ascending, each once or never."""
    place = np.full(int(max(boxes.image.max(initial=-1), images.max(initial=-1))) + 1, -1, np.int64)
    place[images] = np.arange(len(images))
    which = np.flatnonzero(place[boxes.image] >= 0) if len(boxes) else np.zeros(0, np.int64)
    some = boxes.take(which)
    return replace(some, image=place[some.image])


def boxes_of_output(output: Any) -> Tensor:
    """A model's answer, a dict of `boxes` (M, 4), `labels` (M,), `scores` (M,) an image, as (N, 1800) float32.

    Labels stay the numbers that the model gives. A tensor (N, 6 M) is taken as it is. Raises ModelError for anything
    else.
    """
    import torch

    from hem_core.errors import ModelError

    if isinstance(output, torch.Tensor) and output.ndim == 2 and output.shape[1] % FIELDS == 0:
        return output.detach().float()
    if isinstance(output, dict):
        output = [output]
    keys = {"boxes", "labels", "scores"}
    if not isinstance(output, list | tuple) or not all(isinstance(one, dict) and keys <= one.keys() for one in output):
        raise ModelError(
            f"the model gives {type(output).__name__}; detection expects a list with a dict of boxes (M, 4), labels "
            "(M,) and scores (M,) for each image, as torchvision's detectors give in eval mode"
        )
    rows = []
    for one in output:
        scores = one["scores"].detach().float()
        best = scores.argsort(descending=True, stable=True)[:MOST_OF_A_MODEL]
        row = torch.zeros((MOST_OF_A_MODEL, FIELDS), device=scores.device)
        row[:, 4] = NO_BOX
        row[: len(best), :4] = one["boxes"].detach().float()[best]
        row[: len(best), 4] = one["labels"].detach()[best].float()
        row[: len(best), 5] = scores[best]
        rows.append(row.flatten())
    return torch.stack(rows)


def _rank(boxes: PredictedBoxes) -> np.ndarray:
    """(P,) the place among the predictions of the same image, the most confident first."""
    order = np.lexsort((-boxes.confidence, boxes.image))
    ranked = boxes.image[order]
    rank = np.empty(len(boxes), np.int64)
    rank[order] = np.arange(len(boxes)) - np.searchsorted(ranked, ranked)
    return rank
