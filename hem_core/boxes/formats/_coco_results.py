"""COCO's results: a JSON list of boxes with their scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.arrays import PredictedBoxes, numbered
from hem_core.boxes.formats import _json
from hem_core.boxes.formats._coco_boxes import LARGEST, numbers_of, places
from hem_core.boxes.formats._predicted import predicted_problems
from hem_core.boxes.geometry import BoxFormat, is_beyond, is_degenerate, to_xyxy
from hem_core.boxes.problems import Problem, problems_of
from hem_core.errors import DataError

_BEYOND = 0.1
"""Share of boxes that leave their image when read as xywh, from which on they are taken for xyxy."""
_FEWEST = 5
"""Boxes below which nothing is concluded from their numbers."""


def read_predictions(path: Path, annotations: Annotations, *, box_format: BoxFormat | None = None) -> Predictions:
    """Predictions of a COCO results file on the images of `annotations`.

    box_format: how its boxes are to be read; None: xywh, as COCO has it, unless all of at least 5 boxes make sense as
    xyxy and a tenth of them leave their image as xywh, which is then recorded as the problem "xyxy_results".
    Raises DataError for a file that is no JSON list.
    """
    records = _json.loads(_json.read_bytes(path), path)
    if isinstance(records, dict) and isinstance(records.get("annotations"), list):
        records = records["annotations"]
    if not isinstance(records, list):
        raise DataError(f"{path} is no list of results, as COCO has them; check which file it is")
    records = [record if isinstance(record, dict) else {} for record in records]
    image = places(records, "image_id", annotations.image_keys)
    label = places(records, "category_id", annotations.category_keys)
    numbers, score = numbers_of(records), np.asarray([_score(record) for record in records], np.float64)
    readable = np.all(np.abs(numbers) < LARGEST, axis=1)
    kept = np.flatnonzero((image >= 0) & (label >= 0) & readable & np.isfinite(score))
    size_px = annotations.size_px[image[kept]] if len(kept) else np.zeros((0, 2))
    chosen, named = (box_format, []) if box_format else _format_of(numbers[kept], size_px)
    xyxy = to_xyxy(numbers[kept], chosen, size_px)
    boxes = PredictedBoxes(image[kept], label[kept], xyxy, score[kept], numbered(image)[kept])
    odd = [*_unusable(records, image, label, readable), *named, *predicted_problems(boxes, annotations)]
    scoreless = [str(records[at].get("image_id")) for at in np.flatnonzero(np.isnan(score)).tolist()]
    odd += problems_of("unreadable_score", scoreless, "predictions without a finite score", "they are left out")
    return Predictions(boxes, tuple(odd), chosen)


def _format_of(numbers: np.ndarray, size_px: np.ndarray) -> tuple[BoxFormat, list[Problem]]:
    """The format of boxes (P, 4) by their numbers, and a note where it is not COCO's."""
    is_known = (size_px > 0).all(axis=1)
    numbers, size_px = numbers[is_known], size_px[is_known]
    if len(numbers) < _FEWEST:
        return "xywh", []
    fits = ~is_degenerate(numbers) & ~is_beyond(numbers, size_px, tolerance_px=2)
    leaves = is_beyond(to_xyxy(numbers, "xywh"), size_px, tolerance_px=2)
    if not fits.all() or leaves.mean() < _BEYOND:
        return "xywh", []
    message = (
        f"the boxes are read as left, top, right, bottom: {leaves.mean():.0%} would leave their image as left, top, "
        f"width, height, which is COCO's format; pass box_format='xywh' if they are that"
    )
    return "xyxy", [Problem("xyxy_results", len(numbers), message)]


def _score(record: dict[str, Any]) -> float:
    value = record.get("score")
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else np.nan


def _unusable(
    records: list[dict[str, Any]], image: np.ndarray, label: np.ndarray, readable: np.ndarray
) -> list[Problem]:
    def named(which: np.ndarray, key: str) -> list[str]:
        return [str(records[at].get(key)) for at in np.flatnonzero(which).tolist()]

    boxless = named((image >= 0) & ~readable, "image_id")
    wrong = named((image >= 0) & (label < 0), "category_id")
    out = "they are left out"
    return [
        *problems_of("unknown_image", named(image < 0, "image_id"), "predictions for unknown images", out),
        *problems_of("unknown_category", wrong, "predictions of unknown categories", out),
        *problems_of("unreadable_box", boxless, "predictions that are not four numbers", out),
    ]
