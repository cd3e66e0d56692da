"""Annotations of boxes and their predictions: COCO, YOLO, Pascal VOC, and what labelling tools such as CVAT write."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.boxes import formats, results
from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.columns import GIVEN, PREDICTED, given_column, predicted_column
from hem_core.boxes.contents import in_words
from hem_core.boxes.formats import cvat_xml
from hem_core.boxes.results import InMemory
from hem_core.buckets.mirror import around
from hem_core.catalog import with_info
from hem_core.errors import DataError

OPTIONS = ("images", "predictions", "annotations_format")
"""Options of this reader alone: the folder of the pictures, a file or folder of predicted boxes, and the format."""
PEEK = 1 << 16
"""Bytes at the beginning and the end of a .json file that distinguish it from a table."""
STANDARD = ("id", "file_name", "width", "height")
_WORDS = (b'"annotations"', b'"images"', b'"categories"')
_IN_WORDS = (b'"category_id"',)
"""Keys of the boxes: in a large file with the annotations last, the other names lie far from its ends."""


def accepts(source: Any) -> bool:
    if not isinstance(source, str | Path):
        return False
    path = Path(source)
    suffix = path.suffix.lower()
    if cvat_xml.is_of_tags(path):
        return False
    if path.is_dir():
        return _is_folder_of_boxes(path) or formats.recognized_as(path) is not None
    if not path.is_file():
        return False
    return formats.recognized_as(path) is not None or (
        suffix == ".xml" or (suffix in (".yaml", ".yml") and _is_yolo(path)) or (suffix == ".json" and _is_coco(path))
    )


def read(
    source: str | Path,
    *,
    images: str | Path | None = None,
    predictions: str | Path | InMemory | None = None,
    annotations_format: str | None = None,
    **_columns: str,
) -> pa.Table:
    """One row an image: `id`, `label` in words, `image`, `width` and `height` in px (0 where unknown), own columns.

    `boxes` holds the given boxes and, where there are predictions, `predictions` the predicted ones; see
    `hem_core.boxes.columns`. images: the folder of the pictures, by default where the annotations or the format place
    them. predictions: what `hem_core.boxes.results` reads, by default those in the annotations. annotations_format: a
    file of `hem_core.boxes.formats`, by default the one that recognizes the source. What is odd stands in `notes`; an
    image without its file is no failure where there are predictions, and has no picture.
    Raises DataError for what cannot be read.
    """
    path = Path(source)
    for name, place in (("--images", images), ("--predictions", predictions)):
        if isinstance(place, str | Path) and not Path(place).exists():
            raise DataError(f"nothing is at '{place}', which {name} names; check the path")
    around(path)
    root = Path(images) if images is not None else None
    document = formats.read(path, images=root, format=annotations_format)
    home = _home(path, document.images["file_name"].to_pylist(), root)
    if root is None and _has_sizes_to_find(document, home):
        document = formats.read(path, images=home, format=annotations_format)
    answers = results.read(predictions, document) if predictions is not None else results.own(document)
    names = document.images["file_name"].to_pylist()
    table, missing = _table(document, answers, names, home)
    failures = {} if answers is not None else {str(row): f"cannot find '{home / names[row]}'" for row in missing}
    return with_info(
        table,
        name=path.stem if path.is_file() else path.resolve().name,
        source=str(source),
        root=str(home.resolve()),
        medium="none" if len(missing) == len(names) and answers is not None else "image",
        classes=list(document.categories),
        labels_are="names",
        task="detection",
        annotations=_source_of(document),
        notes=_notes(document, answers, len(missing), home),
        **({"failures": failures} if failures else {}),
    )


def _table(found: Annotations, answers: Predictions | None, names: list[str], home: Path) -> tuple[pa.Table, list[int]]:
    """The catalog, and the rows whose pictures are not there."""
    missing = [row for row, name in enumerate(names) if not (home / name).is_file()]
    gone = set(missing)
    n = len(names)
    columns: dict[str, Any] = {
        "id": found.images["id"],
        "label": pa.array(summaries(found), pa.string()),
        "image": pa.array([None if row in gone else name for row, name in enumerate(names)], pa.string()),
        "width": found.images["width"],
        "height": found.images["height"],
        GIVEN: given_column(found.boxes, n, found.categories),
    }
    if answers is not None:
        columns[PREDICTED] = predicted_column(answers.boxes, n, found.categories)
    for name in found.images.column_names:
        own = f"{name}_given" if name in columns else name
        if name not in STANDARD:
            columns[own] = found.images[name]
    return pa.table(columns), missing


def summaries(found: Annotations) -> list[str]:
    """What is given in each image, in words, the most frequent class first: `17 RBC, 1 WBC`."""
    counts: list[Counter[str]] = [Counter() for _image in found.image_ids]
    for index in np.flatnonzero(~found.boxes.is_ignored).tolist():
        counts[int(found.boxes.image[index])][found.categories[int(found.boxes.label[index])]] += 1
    return [in_words(count) for count in counts]


def _home(path: Path, names: list[str], images: Path | None) -> Path:
    """The folder that the names of the pictures are relative to: the first place where one of them lies."""
    if images is not None and any((images / name).is_file() for name in names):
        return images
    base = path if path.is_dir() else path.parent
    places = [base, base / "images", base / "JPEGImages", base.parent / "JPEGImages", base.parent / "images"]
    others = [base.parent, base.parent / "train2017", base.parent / "val2017"]
    there = (place for place in (*places, *others) if any((place / name).is_file() for name in names[:100]))
    return images if images is not None else next(there, base)


def _has_sizes_to_find(document: Annotations, home: Path) -> bool:
    """Whether an image of unknown size has its picture in a folder, from which the format may learn the size."""
    names = document.images["file_name"].to_pylist()
    unknown = np.flatnonzero((document.size_px == 0).any(axis=1)).tolist()
    return any((home / names[row]).is_file() for row in unknown)


def _source_of(found: Annotations) -> dict[str, str | None]:
    """Where the annotations are from, for a corrected file later."""
    source = found.source
    if source is None:
        return {}
    images = str(source.images.resolve()) if source.images is not None else None
    return {"format": source.format, "path": str(source.path.resolve()), "digest": source.digest, "images": images}


def _notes(found: Annotations, answers: Predictions | None, n_missing: int, home: Path) -> list[str]:
    odd = [each for each in found.problems if each.kind != "file_missing"]
    notes = [_sentence(each.message, each.where) for each in odd]
    if answers is not None:
        notes += [f"Predictions: {_sentence(each.message, each.where, small=True)}" for each in answers.problems]
    if n_missing:
        notes.append(f"Images without a file in {home}: {n_missing:,} of {len(found.image_ids):,}.")
    return notes


def _sentence(message: str, where: tuple[str, ...], *, small: bool = False) -> str:
    shown = f" ({', '.join(where[:3])}{', …' if len(where) > 3 else ''})" if where else ""
    return (message if small else message[:1].upper() + message[1:]) + shown + "."


def _is_coco(path: Path) -> bool:
    """Whether a .json begins as an object and names what a COCO file has; a list of rows is a table's."""
    try:
        with path.open("rb") as file:
            begin = file.read(PEEK)
            file.seek(max(0, path.stat().st_size - PEEK))
            both = begin + file.read()
    except OSError:
        return False
    is_object = begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return is_object and sum(word in both for word in (*_WORDS, *_IN_WORDS)) > 1


def _is_yolo(path: Path, keys: tuple[str, ...] = ("names:",)) -> bool:
    """Whether a settings file has a line that begins with each of the keys, by default the names of the classes."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return all(any(line.startswith(key) for line in lines) for key in keys)


def _is_voc(path: Path) -> bool:
    """Whether an .xml file has the element that VOC's annotations are."""
    try:
        with path.open("rb") as file:
            return b"<annotation" in file.read(PEEK)
    except OSError:
        return False


def _is_folder_of_boxes(path: Path) -> bool:
    """Whether a folder has VOC's annotations, also in `Annotations`, or the settings of a YOLO data set.

    Class folders of pictures may well have an .xml or .yaml of another kind beside them.
    """
    try:
        inside = sorted(path.iterdir())
    except OSError:
        return False
    settings = [each for each in inside if each.suffix.lower() in (".yaml", ".yml")]
    first = next((each for each in inside if each.suffix.lower() == ".xml"), None)
    first = first or next((path / "Annotations").rglob("*.xml"), None)
    return (first is not None and _is_voc(first)) or any(_is_yolo(each, ("names:", "train:")) for each in settings)
