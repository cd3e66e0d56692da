"""The annotations of a COCO document as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Key
from hem_core.boxes.arrays import GivenBoxes, numbered
from hem_core.boxes.geometry import areas, to_xyxy
from hem_core.boxes.problems import Problem, problems_of

LARGEST = 1e9
"""Numbers of px from which on they are no place in an image."""


def boxes(
    notes: list[Any], image_keys: Sequence[Key], category_keys: Sequence[Key], image_ids: Sequence[str]
) -> tuple[GivenBoxes, np.ndarray, list[Problem]]:
    """The boxes that can be used, the place of each in `notes`, and what is odd about the others."""
    records = [note if isinstance(note, dict) else {} for note in notes]
    image = places(records, "image_id", image_keys)
    label = places(records, "category_id", category_keys)
    xywh = numbers_of(records)
    readable = np.all(np.abs(xywh) < LARGEST, axis=1)
    kept = np.flatnonzero((image >= 0) & (label >= 0) & readable)
    xyxy = to_xyxy(xywh[kept], "xywh")
    area = np.asarray([_area(records[at].get("area")) for at in kept], np.float64)
    crowd = np.asarray([_is_true(records[at].get("iscrowd")) for at in kept], bool)
    ignored = crowd | np.asarray([_is_true(records[at].get("ignore")) for at in kept], bool)
    area = np.where(np.isnan(area), areas(xyxy), area)
    found = GivenBoxes(image[kept], label[kept], xyxy, area, crowd, ignored, numbered(image)[kept])
    return found, kept, _problems(records, (image, label, readable), image_ids)


def places(records: list[dict[str, Any]], name: str, keys: Sequence[Key]) -> np.ndarray:
    """(M,) int64: the index of each record's key; -1 where it is none of them."""
    index: dict[Any, int] = {key: at for at, key in enumerate(keys)}
    values = [record.get(name) for record in records]
    try:
        found = [index.get(value, -1) for value in values]
    except TypeError:  # a list or an object where an id should be
        found = [index.get(value, -1) if isinstance(value, int | str) else -1 for value in values]
    return np.asarray(found, np.int64)


def numbers_of(records: list[dict[str, Any]]) -> np.ndarray:
    """(M, 4) float64: the four numbers of each record's bbox, NaN where they are not four numbers."""
    values = [record.get("bbox") for record in records]
    try:
        found = np.asarray(values, np.float64)
        if found.shape == (len(values), 4) and not _has_text(values):
            return found
    except (TypeError, ValueError, OverflowError):
        pass
    return np.asarray([_four(value) for value in values], np.float64).reshape(-1, 4)


def _has_text(values: list[Any]) -> bool:
    return any(type(number) in (str, bool) for value in values for number in value)


def _four(value: Any) -> list[float]:
    good = isinstance(value, list) and len(value) == 4 and all(type(number) in (int, float) for number in value)
    try:
        return [float(number) for number in value] if good else [np.nan] * 4
    except OverflowError:
        return [np.nan] * 4


def _area(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e300 else np.nan


def _is_true(value: Any) -> bool:
    return value in (1, True, "1")


def _problems(
    records: list[dict[str, Any]], read: tuple[np.ndarray, np.ndarray, np.ndarray], image_ids: Sequence[str]
) -> list[Problem]:
    image, label, readable = read

    def named(which: np.ndarray, key: str) -> list[str]:
        return [str(records[at].get(key)) for at in np.flatnonzero(which)]

    bad = np.flatnonzero((image >= 0) & ~readable)
    ids = [record.get("id") for record in records]
    seen: set[Any] = set()
    twice = [str(id) for id in ids if isinstance(id, int | str) and (id in seen or seen.add(id))]
    boxless = [image_ids[int(index)] for index in image[bad]]
    stays = "they are left out, and stay in the file"
    unknown = named((image >= 0) & (label < 0), "category_id")
    return [
        *problems_of("unknown_image", named(image < 0, "image_id"), "boxes of images that are not listed", stays),
        *problems_of("unknown_category", unknown, "boxes of categories that are not listed", stays),
        *problems_of("unreadable_box", boxless, "boxes that are not four numbers of px", stays),
        *problems_of("annotation_id_twice", twice, "annotations with an id that was used before", "all are kept"),
    ]
