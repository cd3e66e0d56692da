"""YOLO's predictions: a text file a picture, each line a class, a box in parts of the image and a confidence."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

import numpy as np

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.arrays import PredictedBoxes, numbered
from hem_core.boxes.formats._predicted import predicted_problems
from hem_core.boxes.formats._yolo_lines import Line, lines_of
from hem_core.boxes.geometry import to_xyxy
from hem_core.boxes.problems import problems_of
from hem_core.errors import DataError


def read_predictions(path: Path, annotations: Annotations) -> Predictions:
    """Predictions of the .txt files in a folder and below it, which have the names of the pictures.

    A name that several images share is resolved by the folders above it, and recorded where that does not help.
    Raises DataError where the folder has no .txt files.
    """
    files = sorted(path.rglob("*.txt"))
    if not files:
        raise DataError(f"{path} has no .txt files; name the folder of the predictions, one text file a picture")
    of_stem = _by_stem(annotations)
    strange, unclear, found = [], [], list[tuple[int, Line]]()
    for file in files:
        images = _images(file.relative_to(path), of_stem)
        if len(images) == 1:
            found += [(images[0], line) for line in lines_of(file.read_bytes())]
        else:
            (unclear if images else strange).append(file.name)
    image = np.asarray([at for at, _line in found], np.int64)
    label = np.asarray([line.label for _at, line in found], np.int64)
    score = np.asarray([line.confidence for _at, line in found], np.float64)
    is_named = (label >= 0) & (label < len(annotations.categories))
    kept = np.flatnonzero(is_named & ~np.isnan(score))
    parts = np.asarray([line.cxcywh for _at, line in found], np.float64).reshape(-1, 4)[kept]
    scale = np.where(annotations.size_px > 0, annotations.size_px, 1.0)[image[kept]] if len(kept) else np.zeros((0, 2))
    xyxy = to_xyxy(parts, "cxcywh_normalised", scale)
    boxes = PredictedBoxes(image[kept], label[kept], xyxy, score[kept], numbered(image)[kept])
    ids, out = annotations.image_ids, "they are left out"
    unread = [f"{ids[at]}, line {line.place + 1}" for at, line in found if line.label < 0]
    unknown = [str(number) for number in label[(label >= 0) & ~is_named]]
    scoreless = [ids[at] for at in image[is_named & np.isnan(score)]]
    odd = [
        *problems_of("unknown_image", strange, "files without an image of their name", out),
        *problems_of("ambiguous_image", unclear, "files whose name several images have", out),
        *problems_of("unreadable_box", unread, "lines that are not a class, a box and a confidence", out),
        *problems_of("unknown_category", unknown, "predictions of unknown categories", out),
        *problems_of("unreadable_score", scoreless, "predictions without a confidence", out),
        *predicted_problems(boxes, annotations),
    ]
    return Predictions(boxes, tuple(odd), "cxcywh_normalised")


def _by_stem(annotations: Annotations) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """Name without suffix -> the images of that name, with the folders above each, the nearest first."""
    result = defaultdict(list)
    for index, name in enumerate(annotations.images["file_name"].to_pylist()):
        place = PurePosixPath(name)
        result[place.stem].append((index, tuple(reversed(place.parent.parts))))
    return result


def _images(file: Path, of_stem: dict[str, list[tuple[int, tuple[str, ...]]]]) -> list[int]:
    """The images that a file of predictions can be of: of those with its name, those that share most folders."""
    folders = tuple(reversed(file.parent.parts))
    found = of_stem.get(file.stem, [])
    shared = [sum(one == other for one, other in zip(folders, above, strict=False)) for _index, above in found]
    return [index for (index, _above), count in zip(found, shared, strict=True) if count == max(shared)]
