"""The label files of a YOLO data set as annotations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hem_core.boxes.annotations import Annotations, Source, image_table, unique_ids
from hem_core.boxes.arrays import GivenBoxes, numbered
from hem_core.boxes.formats._pictures import picture_size
from hem_core.boxes.formats._yolo_lines import Line, lines_of
from hem_core.boxes.formats._yolo_settings import Layout
from hem_core.boxes.geometry import areas, to_xyxy
from hem_core.boxes.problems import Problem, given_problems, problems_of


def annotations_of(place: Layout, content: dict[Path, bytes], source: Source) -> Annotations:
    """Annotations of the label files' bytes; images are numbered as the entries of the layout."""
    names = [place.name_of(entry.picture, "images") for entry in place.entries]
    keys = tuple(range(len(names)))
    ids, again = unique_ids(names, keys)
    size_px = np.asarray([picture_size(entry.picture) for entry in place.entries], np.float64).reshape(-1, 2)
    splits: list[object] = [entry.split for entry in place.entries]
    table = image_table(ids, names, size_px, {"split": splits} if any(splits) else {})
    found = [(at, line) for at, entry in enumerate(place.entries) for line in lines_of(content.get(entry.label, b""))]
    classes = place.names
    if classes is None:
        classes = tuple(str(at) for at in range(1 + max((line.label for _at, line in found), default=-1)))
    boxes, records = _boxes(found, size_px, len(classes))
    gone = [name for name, entry in zip(names, place.entries, strict=True) if not entry.picture.is_file()]
    bare = [name for name, entry in zip(names, place.entries, strict=True) if entry.label not in content]
    unsized = [name for name, pixels in zip(names, size_px, strict=True) if not pixels.all()]
    odd = [
        *problems_of("image_listed_twice", again, "images of the same name", "their ids end in @ and a number"),
        *problems_of("file_missing", gone, "label files without a picture"),
        *problems_of("image_without_size", unsized, "images of unknown size", "their boxes stay in parts of the image"),
        *problems_of("label_file_missing", bare, "pictures without a label file", "they count as images without boxes"),
        *_line_problems(found, names, len(classes)),
    ]
    unique, twice = unique_ids(list(classes), tuple(range(len(classes))))
    odd += problems_of("category_listed_twice", twice, "categories with the name of another", "@ and a number is added")
    result = Annotations(table, keys, tuple(unique), tuple(range(len(classes))), boxes, records, (), source)
    return replace(result, problems=(*odd, *given_problems(boxes, ids, size_px, result.categories)))


def _boxes(found: list[tuple[int, Line]], size_px: np.ndarray, n_classes: int) -> tuple[GivenBoxes, np.ndarray]:
    image = np.asarray([at for at, _line in found], np.int64)
    label = np.asarray([line.label for _at, line in found], np.int64)
    kept = np.flatnonzero((label >= 0) & (label < n_classes))
    parts = np.asarray([line.cxcywh for _at, line in found], np.float64).reshape(-1, 4)[kept]
    scale = np.where(size_px > 0, size_px, 1.0)[image[kept]] if len(kept) else np.zeros((0, 2))
    xyxy, nothing = to_xyxy(parts, "cxcywh_normalised", scale), np.zeros(len(kept), bool)
    records = np.asarray([line.place for _at, line in found], np.int64)[kept]
    boxes = GivenBoxes(image[kept], label[kept], xyxy, areas(xyxy), nothing, nothing, numbered(image)[kept])
    return boxes, records


def _line_problems(found: list[tuple[int, Line]], names: list[str], n_classes: int) -> list[Problem]:
    unread = [f"{names[at]}, line {line.place + 1}" for at, line in found if line.label < 0]
    unknown = [str(line.label) for _at, line in found if line.label >= n_classes]
    shapes = [names[at] for at, line in found if line.is_polygon]
    scored = [names[at] for at, line in found if not np.isnan(line.confidence)]
    stays = "they are left out, and stay in the file"
    return [
        *problems_of("unreadable_box", unread, "lines that are not a class and a box", stays),
        *problems_of("unknown_category", unknown, "boxes of a class that is not named", stays),
        *problems_of("polygon", shapes, "polygons", "the box around each is used"),
        *problems_of("confidence_in_labels", scored, "labels with a confidence", "which is not used"),
    ]
