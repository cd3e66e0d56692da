"""COCO's annotation file: one JSON of images, categories and annotations; predictions as COCO's results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _coco_boxes, _coco_results, _coco_tables, _json
from hem_core.boxes.formats._edits import Edits, check_digest, edits, is_moved
from hem_core.boxes.geometry import areas, from_xyxy
from hem_core.boxes.problems import Problem, given_problems
from hem_core.errors import DataError

read_predictions = _coco_results.read_predictions
DIGITS = 6
"""Of px in what is written: the difference of two corners is 119.99999999999994."""
_SHAPES = ("segmentation", "keypoints")


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a COCO JSON. Images are in ascending order of their id there, as pycocotools evaluates them.

    images: the folder of the pictures, to see which are missing. Crowd regions, and annotations whose `ignore` is true,
    are ignored boxes. Raises DataError for a file that is no JSON or has no lists images, annotations and categories.
    """
    content = _json.read_bytes(path)
    source = Source("coco_json", path, hashlib.sha256(content).hexdigest(), images)
    return _parsed(_document(content, path, without=_SHAPES), source)


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """One file: the source with its corrections, all else as it was; or a new annotations.json from another format.

    A box that was moved gets its bbox and area, and loses its segmentation, which would contradict them.
    """
    source = annotations.source
    if source is None or source.format != "coco_json":
        yield "annotations.json", _json.dumps(_fresh(annotations), b"{}\n")
        return
    content = _json.read_bytes(source.path)
    check_digest(source, hashlib.sha256(content).hexdigest())
    document = _document(content, source.path)
    before = _parsed(document, source)
    needed = edits(before, annotations)
    yield source.path.name, _json.dumps(_edited(document, before, annotations, needed), content) if needed else content


def _document(content: bytes, path: Path, without: tuple[str, ...] = ()) -> dict[str, Any]:
    document = _json.loads(content, path, without=without)
    if isinstance(document, list):
        raise DataError(f"{path} is a list, as COCO's results are; pass it as predictions, and the annotations here")
    for name in ("images", "annotations", "categories"):
        if not isinstance(document, dict) or not isinstance(document.get(name), list):
            raise DataError(f"{path} has no list '{name}', so it is no COCO annotation file; check which file it is")
    return document


def _parsed(document: dict[str, Any], source: Source) -> Annotations:
    table, image_keys, image_problems = _coco_tables.images(document["images"], source.images)
    names, category_keys, category_problems = _coco_tables.categories(document["categories"])
    ids = table["id"].to_pylist()
    boxes, records, problems = _coco_boxes.boxes(document["annotations"], image_keys, category_keys, ids)
    found = Annotations(table, image_keys, names, category_keys, boxes, records, (), source)
    odd: list[Problem] = [*image_problems, *category_problems, *problems]
    return replace(found, problems=(*odd, *given_problems(boxes, ids, found.size_px, names)))


def _edited(document: dict[str, Any], before: Annotations, after: Annotations, needed: Edits) -> dict[str, Any]:
    removed = {int(before.records[old]) for old in needed.removed}
    changed = {int(before.records[old]): (old, new) for old, new in needed.changed}
    notes = []
    for at, note in enumerate(document["annotations"]):
        if at in changed:
            notes.append(_changed(note, before, after, changed[at]))
        elif at not in removed:
            notes.append(note)
    numbers = [note["id"] for note in document["annotations"] if isinstance(note, dict) and type(note.get("id")) is int]
    first = max(numbers, default=0) + 1
    notes += [_note(after, new, first + at) for at, new in enumerate(needed.added)]
    first_new = len(before.categories)
    new = zip(after.category_keys[first_new:], after.categories[first_new:], strict=True)
    categories = [*document["categories"], *({"id": key, "name": name} for key, name in new)]
    return {**document, "annotations": notes, "categories": categories}


def _changed(note: dict[str, Any], before: Annotations, after: Annotations, pair: tuple[int, int]) -> dict[str, Any]:
    fresh = _note(after, pair[1], note.get("id"))
    if not is_moved(before, after, *pair):
        return {**note, "category_id": fresh["category_id"]}
    kept = {name: value for name, value in note.items() if name != "segmentation"}
    return {**kept, **{name: fresh[name] for name in ("category_id", "bbox", "area")}}


def _note(annotations: Annotations, index: int, id: object) -> dict[str, Any]:
    boxes = annotations.boxes
    xyxy = boxes.xyxy[index : index + 1]
    return {
        "id": id,
        "image_id": annotations.image_keys[boxes.image[index]],
        "category_id": annotations.category_keys[boxes.label[index]],
        "bbox": from_xyxy(xyxy, "xywh")[0].round(DIGITS).tolist(),
        "area": round(float(areas(xyxy)[0]), DIGITS),
        "iscrowd": int(boxes.is_crowd[index]),
    }


def _fresh(annotations: Annotations) -> dict[str, Any]:
    """A new document, images and categories numbered from 1; an ignored box has `ignore`."""
    n, boxes = len(annotations.image_ids), annotations.boxes
    numbered = replace(
        annotations,
        image_keys=tuple(range(1, n + 1)),
        category_keys=tuple(range(1, len(annotations.categories) + 1)),
    )
    notes = [_note(numbered, index, index + 1) for index in range(len(boxes))]
    for index in np.flatnonzero(boxes.is_ignored & ~boxes.is_crowd):
        notes[index]["ignore"] = 1
    rows = annotations.images.drop_columns(["id"]).to_pylist()
    return {
        "images": [{"id": at, **row} for at, row in enumerate(rows, 1)],
        "annotations": notes,
        "categories": [{"id": at, "name": name} for at, name in enumerate(annotations.categories, 1)],
    }
