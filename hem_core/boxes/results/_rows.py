"""Predicted boxes that name their image and class, one row each, as predictions on the images of annotations."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.arrays import PredictedBoxes, numbered
from hem_core.boxes.formats._predicted import predicted_problems
from hem_core.boxes.problems import problems_of
from hem_core.errors import DataError

SHOWN = 5


@dataclass(frozen=True, eq=False)
class Rows:
    """P predicted boxes."""

    image: Sequence[Any]
    """(P,) the image of each: its id, file name, path, name without suffix, or the number that the file gives it."""
    label: Sequence[Any]
    """(P,) the class of each: its name, or its number in the annotation file."""
    xyxy: np.ndarray
    """(P, 4) float64: left, top, right, bottom in px; NaN where they cannot be read."""
    confidence: np.ndarray
    """(P,) float64; NaN where it cannot be read."""


def predictions_of(rows: Rows, annotations: Annotations, source: str) -> Predictions:
    """The rows as predictions; those that cannot be used are recorded.

    A class that is a number is the number that the annotation file gives it (COCO's category id, YOLO's class); where
    the file gives none, 1 is the first class in the order of the annotations, as torchvision counts.
    source: the file, for messages. Raises DataError where no image or no class is known, and for boxes in parts of the
    image in place of px.
    """
    number = _numbers(annotations)
    image = np.asarray(places_of(rows.image, annotations), np.int64)
    label = np.asarray([_found(number, one) for one in rows.label], np.int64)
    _check_known(rows.image, image, annotations.image_ids, f"of the images in {source}", "images of the annotations")
    _check_known(rows.label, label, _shown(annotations), f"of the classes in {source}", "classes of the annotations")
    _check_px(rows.xyxy, annotations, source)
    readable = np.isfinite(rows.xyxy).all(axis=1)
    is_usable = (image >= 0) & (label >= 0) & readable & np.isfinite(rows.confidence)
    kept = np.flatnonzero(is_usable)
    count = numbered(image)
    boxes = PredictedBoxes(image[kept], label[kept], rows.xyxy[kept], rows.confidence[kept], count[kept])
    out = "they are left out"

    def named(which: np.ndarray, values: Sequence[Any]) -> list[str]:
        return [str(values[at]) for at in np.flatnonzero(which).tolist()]

    known = image >= 0
    odd = [
        *problems_of("unknown_image", named(~known, rows.image), "predictions for unknown images", out),
        *problems_of("unknown_category", named(known & (label < 0), rows.label), "predictions of unknown classes", out),
        *problems_of("unreadable_box", named(known & ~readable, rows.image), "predictions without four numbers", out),
        *problems_of("unreadable_score", named(known & np.isnan(rows.confidence), rows.image),
                     "predictions without a finite score", out),
        *predicted_problems(boxes, annotations),
    ]  # fmt: skip
    return Predictions(boxes, tuple(odd), "xyxy")


def places_of(names: Sequence[Any], annotations: Annotations) -> list[int]:
    """The index of each image that is named; -1 for one that the annotations lack."""
    known = _places(annotations)
    return [_found(known, name) for name in names]


def _places(annotations: Annotations) -> dict[Hashable, int]:
    """What an image may be called -> its index; a name that several have is none."""
    found: dict[Hashable, int] = {}
    files = annotations.images["file_name"].to_pylist()
    names = [PurePosixPath(str(name).replace("\\", "/")) for name in files]
    listed = (
        [name.stem for name in names],
        [name.name for name in names],
        [str(key) for key in annotations.image_keys],
        files,
        annotations.image_ids,
    )
    for some in listed:  # the last one counts
        twice = {name for name in some if some.count(name) > 1} if len(set(some)) < len(some) else set()
        found |= {name: at for at, name in enumerate(some) if name not in twice}
    return found


def _numbers(annotations: Annotations) -> dict[Hashable, int]:
    """What a class may be called -> its index."""
    keys = annotations.category_keys
    are_numbers = all(isinstance(key, int) for key in keys)
    numbers = [str(key) for key in keys] if are_numbers else [str(at) for at in range(1, len(keys) + 1)]
    return {name: at for some in (numbers, annotations.categories) for at, name in enumerate(some)}


def _found(places: Mapping[Hashable, int], value: Any) -> int:
    """The index that a name or a number stands for; -1 for none. A path stands for its file."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if text in places:
        return places[text]
    name = PurePosixPath(text.replace("\\", "/")).name
    return places.get(name, -1) if "/" in text or "\\" in text else -1


def _shown(annotations: Annotations) -> list[str]:
    return [f"{name} ({key})" if isinstance(key, int) else name
            for name, key in zip(annotations.categories, annotations.category_keys, strict=True)]  # fmt: skip


def _check_known(values: Sequence[Any], found: np.ndarray, known: Sequence[str], what: str, where: str) -> None:
    if len(found) and (found < 0).all():
        names = ", ".join(map(str, list(dict.fromkeys(map(str, values)))[:SHOWN]))
        there = ", ".join(known[:SHOWN]) + (", …" if len(known) > SHOWN else "")
        raise DataError(f"none {what} ({names}) is one of the {where}: {there}")


def _check_px(xyxy: np.ndarray, annotations: Annotations, source: str) -> None:
    """Raise DataError where all boxes lie within the first pixel, and the images are larger."""
    finite = xyxy[np.isfinite(xyxy).all(axis=1)]
    if len(finite) and np.abs(finite).max() <= 1 and annotations.size_px.max(initial=0) > 1:
        raise DataError(
            f"all boxes in {source} lie between 0 and 1, so they are parts of the image; multiply them with its width "
            "and height: px are expected"
        )
