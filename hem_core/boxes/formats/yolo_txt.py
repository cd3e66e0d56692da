"""YOLO's text files: one a picture, a line a box, the classes in data.yaml; predictions as lines with a confidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _yolo_predictions
from hem_core.boxes.formats._edits import check_digest, edits
from hem_core.boxes.formats._yolo_classes import with_classes
from hem_core.boxes.formats._yolo_labels import annotations_of
from hem_core.boxes.formats._yolo_lines import text_of
from hem_core.boxes.formats._yolo_settings import Layout, layout
from hem_core.boxes.geometry import from_xyxy
from hem_core.errors import DataError

read_predictions = _yolo_predictions.read_predictions


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a data.yaml, of the folder that has it, or of a folder of label files.

    images: the folder of the pictures, for labels without a data.yaml. The size of an image is its picture's; where
    that is missing it is unknown, and the boxes stay in parts of the image (IoU is the same, sizes are not px). The
    names of images are relative to the data set. Raises DataError where there is nothing to read.
    """
    place = layout(path, images)
    content = _contents(place)
    return annotations_of(place, content, Source("yolo_txt", path, _digest(content, place), images))


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The label files and data.yaml: lines that were not corrected stay as they are, new ones come at the end."""
    source = annotations.source
    if source is None or source.format != "yolo_txt":
        yield from _fresh(annotations)
        return
    place = layout(source.path, source.images)
    content = _contents(place)
    check_digest(source, _digest(content, place))
    before = annotations_of(place, content, source)
    new = annotations.categories[len(before.categories) :]
    if place.settings:
        settings = place.settings.read_bytes()
        yield (
            place.name_of(place.settings, "."),
            with_classes(settings, len(before.categories), new) if new else settings,
        )
    elif new:
        raise DataError(f"the labels have no data.yaml, so the class '{new[0]}' cannot be named; add one with `names`")
    changed = _changes(before, annotations)
    for index, entry in enumerate(place.entries):
        if entry.label in content or index in changed:
            lines = content.get(entry.label, b"")
            yield place.name_of(entry.label, "labels"), _edited(lines, changed[index]) if index in changed else lines


def _contents(place: Layout) -> dict[Path, bytes]:
    """The bytes of each label file that is there."""
    return {entry.label: entry.label.read_bytes() for entry in place.entries if entry.label.is_file()}


def _digest(content: dict[Path, bytes], place: Layout) -> str:
    digest = hashlib.sha256(place.settings.read_bytes() if place.settings else b"")
    for path, lines in content.items():
        digest.update(f"\0{path.as_posix()}\0{len(lines)}\0".encode("utf-8", "surrogateescape") + lines)
    return digest.hexdigest()


def _changes(before: Annotations, after: Annotations) -> dict[int, list[tuple[int, str | None]]]:
    """Of each image that changes: number of a line (-1 for a new one) and its new text, None for none."""
    needed = edits(before, after)
    found: dict[int, list[tuple[int, str | None]]] = {}
    for old in needed.removed:
        found.setdefault(int(before.boxes.image[old]), []).append((int(before.records[old]), None))
    for old, new in needed.changed:
        found.setdefault(int(before.boxes.image[old]), []).append((int(before.records[old]), _text(after, new)))
    for new in needed.added:
        found.setdefault(int(after.boxes.image[new]), []).append((-1, _text(after, new)))
    return found


def _edited(content: bytes, changes: list[tuple[int, str | None]]) -> bytes:
    lines: list[bytes | None] = [*content.split(b"\n")]
    end = b"\r" if b"\r\n" in content else b""
    new = [text.encode() + end for at, text in changes if at < 0 and text is not None]
    for at, text in changes:
        if at >= 0:
            lines[at] = None if text is None else text.encode() + end
    kept = [line for line in lines if line is not None]
    tail = [kept.pop()] if kept and not kept[-1].strip() else [b""]
    return b"\n".join([*kept, *new, *tail]) if kept or new else b""


def _text(annotations: Annotations, index: int) -> str:
    boxes = annotations.boxes
    size = np.where(annotations.size_px > 0, annotations.size_px, 1.0)[boxes.image[index : index + 1]]
    parts = from_xyxy(boxes.xyxy[index : index + 1], "cxcywh_normalised", size)
    return text_of(int(boxes.label[index]), parts[0])


def _fresh(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """A label file for every image, and a data.yaml; crowd and ignore regions, unknown to YOLO, are left out."""
    names = dict(enumerate(annotations.categories))
    rows = "".join(f"  {at}: {json.dumps(name, ensure_ascii=False)}\n" for at, name in names.items())
    yield "data.yaml", f"path: .\ntrain: images\nval: images\nnames:\n{rows}".encode()
    lines: list[list[str]] = [[] for _image in annotations.image_ids]
    for index in np.flatnonzero(~annotations.boxes.is_ignored).tolist():
        lines[int(annotations.boxes.image[index])].append(_text(annotations, index) + "\n")
    for name, some in zip(annotations.images["file_name"].to_pylist(), lines, strict=True):
        inside = PurePosixPath(name).with_suffix(".txt")
        parts = inside.parts[1:] if inside.parts[0] == "images" else inside.parts
        yield PurePosixPath("labels", *parts).as_posix(), "".join(some).encode()
