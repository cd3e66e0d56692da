"""Annotations and predictions as they were read: arrays, the table of images, the classes, and what was odd."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, part_ids
from hem_core.boxes.problems import Problem

Key = int | str


@dataclass(frozen=True)
class Source:
    """The file or folder that annotations were read from, so that a correction leaves all else in it as it was."""

    format: str
    path: Path
    digest: str
    """SHA-256 of its bytes: what has changed since is not corrected."""
    images: Path | None = None
    """The folder of the pictures, where one was named."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """N images, K classes and M given boxes."""

    images: pa.Table
    """N rows: `id` (text, unique: the file's name), `file_name`, `width` and `height` in px (0 where unknown), and the
    columns of the file's own."""
    image_keys: tuple[Key, ...]
    """(N,) what the file itself calls each image."""
    categories: tuple[str, ...]
    """(K,) unique names."""
    category_keys: tuple[Key, ...]
    """(K,) what the file itself calls each class."""
    boxes: GivenBoxes
    records: np.ndarray
    """(M,) int64: the place of each box in its file (of all records, lines or objects); -1 for one that was added."""
    problems: tuple[Problem, ...] = ()
    source: Source | None = None

    @cached_property
    def image_ids(self) -> list[str]:
        """(N,) ids."""
        return self.images["id"].to_pylist()

    @cached_property
    def size_px(self) -> np.ndarray:
        """(N, 2) float64, width and height; 0 where unknown."""
        columns = [self.images[name].to_numpy().astype(np.float64) for name in ("width", "height")]
        return np.stack(columns, axis=1)

    def box_ids(self) -> list[str]:
        """(M,) ids: `<image id>#g3`."""
        return part_ids(self.image_ids, self.boxes.image, self.boxes.number, "g")


@dataclass(frozen=True, eq=False)
class Predictions:
    """P predicted boxes on the images of some annotations."""

    boxes: PredictedBoxes
    problems: tuple[Problem, ...] = ()
    box_format: str = "xywh"
    """How the numbers of the file were read."""


def image_table(ids: list[str], file_names: list[str], size_px: np.ndarray, own: dict[str, list[object]]) -> pa.Table:
    """The table of images. ids and file_names: N; size_px (N, 2); own: further columns, text where types are mixed."""
    columns: dict[str, pa.Array] = {"id": pa.array(ids, pa.string()), "file_name": pa.array(file_names, pa.string())}
    for at, name in enumerate(("width", "height")):
        columns[name] = pa.array(size_px[:, at].astype(np.int64))
    for name, values in own.items():
        columns.setdefault(name, _column(values))
    return pa.table(columns)


def unique_ids(names: list[str], keys: tuple[Key, ...]) -> tuple[list[str], list[str]]:
    """Ids of images: their names; a name that is used again gets its key behind an @. Also the names used again."""
    seen: set[str] = set()
    ids, again = [], []
    for name, key in zip(names, keys, strict=True):
        id = name
        while id in seen:
            id = f"{id}@{key}"
        if id != name:
            again.append(name)
        seen.add(id)
        ids.append(id)
    return ids, again


def _column(values: list[object]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
