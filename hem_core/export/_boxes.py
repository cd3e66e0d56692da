"""Pictures with boxes: the column `boxes` of a set as annotations that the formats of detection write, and back.

A cell of `boxes` is a list of structs, one a box: label, left, top, right, bottom in px, area_px, is_crowd, is_ignored,
number; and of this set id, in_set (whether the box was chosen) and weight.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations, image_table
from hem_core.boxes.arrays import GivenBoxes
from hem_core.boxes.columns import GIVEN, SIDES, given_column
from hem_core.export._files import examples_of, from_files, json_lines
from hem_core.export._images import ReadImage, read_picture, size_px
from hem_core.export._names import Names
from hem_core.export._plain import plain

BOXES = GIVEN
FALSE_POSITIVES = "false_positives"
"""The column with the detections on background: a list of structs, id, label, the four sides in px and confidence."""
MARKS = ("id", "in_set", "weight")
"""What a set says of a box, beside what it is."""
OF_IMAGES = ("label", "split", "weight", "in_set")
"""Columns of the images that come back, where there are any."""
METADATA = "boxes.jsonl"


def is_of_boxes(examples: pd.DataFrame) -> bool:
    """Whether the examples are images with boxes, also with none at all."""
    return BOXES in examples.columns


def has_boxes(examples: pd.DataFrame) -> bool:
    """Whether any of the examples has a box."""
    return is_of_boxes(examples) and any(len(boxes_in(cell)) for cell in examples[BOXES])


def boxes_in(cell: Any) -> list[dict[str, Any]]:
    """The boxes in a cell of the column; [] for a missing one."""
    return [dict(each) for each in cell] if isinstance(cell, list | tuple | np.ndarray) else []


def write_pictures(
    examples: pd.DataFrame, home: Path, read_image: ReadImage, places: Sequence[str], *, is_stem_unique: bool = False
) -> tuple[list[str], np.ndarray]:
    """Write every picture into its folder below `home`; places: the folder of each.

    is_stem_unique: no two names differ by their suffix alone. Returns their names below `home`, and (N, 2) width and
    height in px. Raises DataError for one that cannot be read.
    """
    names: dict[str, Names] = {}
    found, sizes = [], []
    for place, (_, row) in zip(places, examples.iterrows(), strict=True):
        suffix, content = read_picture(read_image, row)
        taken = names.setdefault(place, Names())
        stem = taken.take(str(row["id"]).removesuffix(suffix)) if is_stem_unique else None
        name = f"{place}/{taken.take(str(row['id']), suffix) if stem is None else stem + suffix}"
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
        found.append(name)
        sizes.append(size_px(content, row))
    return found, np.array(sizes, np.float64).reshape(-1, 2)


def annotations_of(
    examples: pd.DataFrame, names: Sequence[str], sizes_px: np.ndarray, classes: Sequence[str]
) -> Annotations:
    """The boxes of the examples, by image, for `hem_core.boxes.formats.write`.

    Classes that are none of `classes` come behind these, sorted.
    """
    cells = [boxes_in(cell) for cell in examples[BOXES]]
    every = [box for cell in cells for box in cell]
    categories = (*classes, *sorted({str(box["label"]) for box in every} - set(classes)))
    number = {name: at for at, name in enumerate(categories)}
    boxes = GivenBoxes(
        np.repeat(np.arange(len(cells)), [len(cell) for cell in cells]).astype(np.int64),
        np.array([number[str(box["label"])] for box in every], np.int64),
        np.array([[box[side] for side in SIDES] for box in every], np.float64).reshape(-1, 4),
        np.array([box["area_px"] for box in every], np.float64),
        np.array([bool(box["is_crowd"]) for box in every], bool),
        np.array([bool(box["is_ignored"]) for box in every], bool),
        np.array([box["number"] for box in every], np.int64),
    )
    images = image_table(list(names), list(names), sizes_px, {})
    return Annotations(images, tuple(names), categories, categories, boxes, np.full(len(boxes), -1))


def marks_of(row: pd.Series, *, has_ignored: bool = True) -> dict[str, Any]:
    """`id`, the columns `OF_IMAGES` that there are, and `boxes`, the `MARKS` of each box in order.

    has_ignored: whether the format writes crowd and ignore regions.
    """
    known = [box for box in boxes_in(row[BOXES]) if has_ignored or not box["is_ignored"]]
    boxes = [{name: plain(box.get(name)) for name in MARKS} for box in known]
    columns = {name: plain(row[name]) for name in OF_IMAGES if name in row}
    return {"id": str(row["id"]), **columns, "boxes": boxes}


def write_marks(examples: pd.DataFrame, names: Sequence[str], home: Path, *, has_ignored: bool = True) -> None:
    """boxes.jsonl: one line an image, its file and its `marks_of`."""
    lines = [
        json.dumps({"file_name": name, **marks_of(row, has_ignored=has_ignored)}, ensure_ascii=False)
        for name, (_, row) in zip(names, examples.iterrows(), strict=True)
    ]
    (home / METADATA).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def marked(marks: Mapping[str, Any], boxes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An example: its columns, and its boxes with their marks; without them where there are other boxes by now."""
    kept = marks["boxes"] if len(marks["boxes"]) == len(boxes) else [{}] * len(boxes)
    found = [{**box, **mark} for box, mark in zip(boxes, kept, strict=True)]
    return {**{name: marks[name] for name in ("id", *OF_IMAGES) if name in marks}, BOXES: found}


def read_marked(home: Path, annotations: Path, format: str) -> tuple[pd.DataFrame, ReadImage]:
    """The examples of label files with boxes.jsonl beside them: boxes as the files have them, the rest as it says."""
    found = formats.read(annotations, images=home, format=format)
    cells = dict(zip(found.images["file_name"].to_pylist(), cells_of(found), strict=True))
    entries = [
        marked(each, cells.get(each["file_name"], cells.get(Path(each["file_name"]).name, [])))
        for each in json_lines(home / METADATA)
    ]
    return examples_of(entries), from_files(files_of(home))


def files_of(home: Path) -> dict[str, Path]:
    """Id -> the file of its picture, by boxes.jsonl."""
    return {str(each["id"]): home / each["file_name"] for each in json_lines(home / METADATA)}


def cells_of(found: Annotations) -> list[list[dict[str, Any]]]:
    """The boxes of every image, as cells of the column."""
    column: pa.Array = given_column(found.boxes, len(found.image_ids), found.categories)
    return column.to_pylist()
