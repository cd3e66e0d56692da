"""FiftyOne's samples.json, of an export as FiftyOneDataset: the `Detections` of a field, a box an object."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _fiftyone_samples as fiftyone
from hem_core.boxes.formats import _json, _listed
from hem_core.boxes.formats._edits import Edits, check_digest, edits, is_moved
from hem_core.boxes.formats._listed import UNREADABLE, Corners, Item, Picture
from hem_core.boxes.formats._pictures import picture_size
from hem_core.boxes.geometry import from_xyxy

DIGITS = 12
"""Of a share of the picture in what is written."""
_OF_SHAPE = ("mask", "mask_path")


def recognizes(path: Path) -> bool:
    """Whether a file, or the samples.json of a folder, is FiftyOne's and its given labels are boxes."""
    found = fiftyone.file_of(path)
    return found is not None and fiftyone.truth_kind(found) in fiftyone.BOXES


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a samples.json, or of the folder that has it; a detection with a mask is its box.

    The given boxes are those of the field `ground_truth`, else of the first field of boxes. The size of a picture is
    that of its metadata, else of its file. images: the folder of the pictures, to see which are missing. Raises
    DataError for a file that is no such JSON.
    """
    path = path / fiftyone.FILE if path.is_dir() else path
    content = _json.read_bytes(path)
    source = Source("fiftyone_json", path, _digest(content), images)
    return _parsed(fiftyone.samples_in(_json.loads(content, path), path), source)


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The file with its corrections, all else in it as it was; or a new samples.json from another format.

    A detection that was moved loses its mask, which would contradict the box.
    """
    source = annotations.source
    if source is None or source.format != "fiftyone_json":
        yield fiftyone.FILE, _json.dumps(_fresh(annotations), b"{}\n")
        return
    content = _json.read_bytes(source.path)
    check_digest(source, _digest(content))
    document = _json.loads(content, source.path)
    samples = fiftyone.samples_in(document, source.path)
    before = _parsed(samples, source)
    needed = edits(before, annotations)
    if needed:
        _edit(samples, before, annotations, needed)
    yield source.path.name, _json.dumps(document, content) if needed else content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _parsed(samples: Sequence[fiftyone.Sample], source: Source) -> Annotations:
    field = fiftyone.truth_field(samples, fiftyone.BOXES)
    pictures = []
    for sample in samples:
        name = str(sample["filepath"])
        size = _size(sample, source.images or source.path.parent)
        items = [_item(at, each, size) for at, each in enumerate(fiftyone.detections_of(sample, field))]
        pictures.append(Picture(name, name, size, items, fiftyone.scalars_of(sample)))
    return _listed.annotations_of(pictures, source)


def _size(sample: Mapping[str, Any], folder: Path) -> tuple[float, float]:
    known = fiftyone.size_of(sample)
    return known if min(known) > 0 else picture_size(folder / str(sample["filepath"]))


def _item(at: int, box: Mapping[str, Any], size: Sequence[float]) -> Item:
    label, is_crowd = box.get("label"), bool(box.get("iscrowd"))
    name = str(label).strip() if label is not None else ""
    is_ignored = is_crowd or bool(box.get("ignore"))
    return Item(at, name, corners_of(box, size), is_ignored=is_ignored, is_crowd=is_crowd)


def corners_of(box: Mapping[str, Any], size: Sequence[float]) -> Corners:
    """Left, top, right and bottom in px of a detection in a picture of this size; NaN where it has no box."""
    shares = box.get("bounding_box")
    if not isinstance(shares, list) or len(shares) != 4 or not all(isinstance(one, int | float) for one in shares):
        return UNREADABLE
    left, top, width, height = shares
    across, down = (side or 1.0 for side in size)
    return left * across, top * down, (left + width) * across, (top + height) * down


def _edit(samples: Sequence[fiftyone.Sample], before: Annotations, after: Annotations, needed: Edits) -> None:
    field = fiftyone.truth_field(samples, fiftyone.BOXES) or fiftyone.TRUTH
    boxes: list[list[Any]] = [list(fiftyone.detections_of(sample, field)) for sample in samples]
    for old, new in needed.changed:
        at, place = int(before.boxes.image[old]), int(before.records[old])
        changed = {**boxes[at][place], "label": after.categories[after.boxes.label[new]]}
        if is_moved(before, after, old, new):
            kept = {name: value for name, value in changed.items() if name not in _OF_SHAPE}
            changed = {**kept, "bounding_box": _shares(after, new)}
        boxes[at][place] = changed
    for old in needed.removed:
        boxes[int(before.boxes.image[old])][int(before.records[old])] = None
    for new in needed.added:
        at = int(after.boxes.image[new])
        boxes[at].append(_detection(after, new, f"{samples[at]['filepath']} {len(boxes[at])}"))
    for sample, found in zip(samples, boxes, strict=True):
        value = sample.get(field) or {"_cls": fiftyone.BOXES[0]}
        sample[field] = {**value, "detections": [each for each in found if each is not None]}


def _detection(annotations: Annotations, index: int, of: str) -> dict[str, Any]:
    """A new object; of: what its id is made from, so that two runs write the same."""
    label = annotations.categories[annotations.boxes.label[index]]
    id = {"$oid": hashlib.sha256(of.encode("utf-8", "surrogatepass")).hexdigest()[:24]}
    found = {"_id": id, "_cls": "Detection", "attributes": {}, "tags": [], "label": label}
    return {**found, "bounding_box": _shares(annotations, index)}


def _shares(annotations: Annotations, index: int) -> list[float]:
    """Left, top, width and height in shares of the picture."""
    boxes = annotations.boxes
    sides = from_xyxy(boxes.xyxy[index : index + 1], "xywh")[0].tolist()
    size = [side or 1.0 for side in annotations.size_px[boxes.image[index]].tolist()]
    return [round(side / size[at % 2], DIGITS) for at, side in enumerate(sides)]


def _fresh(annotations: Annotations) -> dict[str, Any]:
    """A new file; crowd regions have `iscrowd`, other ignore regions `ignore`."""
    samples = [
        {
            "filepath": row["file_name"],
            "tags": [],
            "metadata": {"_cls": "ImageMetadata", "width": row["width"], "height": row["height"]},
            fiftyone.TRUTH: {"_cls": fiftyone.BOXES[0], "detections": []},
        }
        for row in annotations.images.to_pylist()
    ]
    boxes = annotations.boxes
    for index, image in enumerate(boxes.image.tolist()):
        found = samples[image][fiftyone.TRUTH]["detections"]
        regions = {"iscrowd": bool(boxes.is_crowd[index]), "ignore": bool(boxes.is_ignored[index])}
        marks = {name: True for name, value in regions.items() if value}
        found.append(_detection(annotations, index, f"{samples[image]['filepath']} {len(found)}") | marks)
    return {"samples": samples}
