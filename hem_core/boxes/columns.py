"""Boxes as two columns of a table of images, `boxes` and `predictions`: a list of structs for each image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.errors import DataError

GIVEN, PREDICTED = "boxes", "predictions"
SIDES = ("left", "top", "right", "bottom")
REGIONS = ("is_crowd", "is_ignored")


def given_column(boxes: GivenBoxes, n_images: int, classes: Sequence[str]) -> pa.Array:
    """The given boxes of N images, (N,) lists of structs.

    Each has label, left, top, right and bottom in px, area_px, is_crowd, is_ignored and number.
    """
    own = {name: getattr(boxes, name) for name in ("area_px", *REGIONS, "number")}
    return _lists(boxes, n_images, classes, own)


def predicted_column(boxes: PredictedBoxes, n_images: int, classes: Sequence[str]) -> pa.Array:
    """The predicted boxes of N images, (N,) lists of structs: label, the four sides in px, confidence and number."""
    return _lists(boxes, n_images, classes, {name: getattr(boxes, name) for name in ("confidence", "number")})


def given_in(column: pa.Array | pa.ChunkedArray, classes: Sequence[str]) -> GivenBoxes:
    """The inverse of `given_column`. Raises DataError for a label that is no class, or another type of column."""
    image, fields = _fields(column, GIVEN)
    is_crowd, is_ignored = (fields[name].to_numpy(zero_copy_only=False).astype(bool) for name in REGIONS)
    return GivenBoxes(
        image,
        _labels(fields["label"], classes),
        _corners(fields),
        fields["area_px"].to_numpy(zero_copy_only=False).astype(np.float64),
        is_crowd,
        is_ignored,
        fields["number"].to_numpy(zero_copy_only=False).astype(np.int64),
    )


def predicted_in(column: pa.Array | pa.ChunkedArray, classes: Sequence[str]) -> PredictedBoxes:
    """The inverse of `predicted_column`. Raises DataError as `given_in` does."""
    image, fields = _fields(column, PREDICTED)
    return PredictedBoxes(
        image,
        _labels(fields["label"], classes),
        _corners(fields),
        fields["confidence"].to_numpy(zero_copy_only=False).astype(np.float64),
        fields["number"].to_numpy(zero_copy_only=False).astype(np.int64),
    )


def _lists(
    boxes: GivenBoxes | PredictedBoxes, n_images: int, classes: Sequence[str], own: dict[str, np.ndarray]
) -> pa.Array:
    order = np.argsort(boxes.image, kind="stable")
    names = np.asarray(classes, object)[boxes.label[order]] if len(order) else np.zeros(0, object)
    sides = {side: boxes.xyxy[order, at] for at, side in enumerate(SIDES)}
    columns = [pa.array(names, pa.string()), *map(pa.array, sides.values())]
    columns += [pa.array(values[order]) for values in own.values()]
    structs = pa.StructArray.from_arrays(columns, names=["label", *sides, *own])
    ends = np.concatenate([[0], np.cumsum(np.bincount(boxes.image, minlength=n_images))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs)


def _fields(column: pa.Array | pa.ChunkedArray, name: str) -> tuple[np.ndarray, dict[str, pa.Array]]:
    """The image of each box, (M,) int64, and the fields of the structs."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_list(whole.type) or not pa.types.is_struct(whole.type.value_type):
        raise DataError(f"the column '{name}' must hold lists of boxes; it holds {whole.type}")
    counts = whole.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    structs = whole.flatten()
    fields = {each.name: structs.field(at) for at, each in enumerate(structs.type)}
    return np.repeat(np.arange(len(whole), dtype=np.int64), counts), fields


def _corners(fields: dict[str, pa.Array]) -> np.ndarray:
    sides = [fields[side].to_numpy(zero_copy_only=False).astype(np.float64) for side in SIDES]
    return np.stack(sides, axis=1)  # (M, 4)


def _labels(names: pa.Array, classes: Sequence[str]) -> np.ndarray:
    place = {name: at for at, name in enumerate(classes)}
    found = np.asarray([place.get(name, -1) for name in names.to_pylist()], np.int64)
    if len(found) and found.min() < 0:
        odd = names[int(found.argmin())].as_py()
        raise DataError(f"a box is labelled '{odd}', which is none of the classes: {', '.join(classes)}")
    return found
