"""Ultralytics' NDJSON, which its platform exports: a line an image; segments, poses and turned boxes as boxes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _json, _listed
from hem_core.boxes.formats import _ndjson_records as ndjson
from hem_core.boxes.formats._edits import Edits, check_digest, edits, is_moved
from hem_core.boxes.formats._listed import UNREADABLE, Corners, Item, Picture, around
from hem_core.boxes.formats._pictures import picture_size
from hem_core.boxes.geometry import from_xyxy

NAME = "dataset.ndjson"
BOXES, POSE = "boxes", "pose"
DIGITS = 10


def recognizes(path: Path) -> bool:
    """Whether a file is an NDJSON of Ultralytics with objects, not classes of whole images."""
    return ndjson.task_of(path) not in ("", ndjson.CLASSIFY)


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of an NDJSON. A polygon or a turned box becomes the box around it; of a pose the box counts.

    Pictures are where Ultralytics looks for them, <path>/images/<split>/<file>, or beside the NDJSON. images: another
    folder of the pictures, to see which are missing. Raises DataError for a file that is no such NDJSON.
    """
    content = _json.read_bytes(path)
    source = Source("ultralytics_ndjson", path, _digest(content), images)
    return _parsed(*ndjson.records_of(content, path), source)


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The file with its corrections, every other line as it was; or a new dataset.ndjson from another format.

    A polygon or a turned box that was moved becomes the four corners of its box.
    """
    source = annotations.source
    if source is None or source.format != "ultralytics_ndjson":
        yield NAME, _text(_fresh(annotations)).encode()
        return
    content = _json.read_bytes(source.path)
    check_digest(source, _digest(content))
    head, records = ndjson.records_of(content, source.path)
    before = _parsed(head, records, source)
    needed = edits(before, annotations)
    yield source.path.name, _edited(content, head, records, before, annotations, needed) if needed else content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _parsed(head: Mapping[str, Any], records: Sequence[ndjson.Record], source: Source) -> Annotations:
    names, home = ndjson.class_names(head), source.images or source.path.parent
    pictures = []
    for at, record in enumerate(records):
        name = ndjson.picture_name(record, head, home)
        size = _size(record, home / name)
        own = {"split": str(record["split"])} if record.get("split") else {}
        items = [_item(place, one, size, names, _key(record)) for place, one in enumerate(_objects(record))]
        pictures.append(Picture(at, name, size, items, own))
    return _listed.annotations_of(pictures, source, classes=list(names.values()))


def _size(record: Mapping[str, Any], picture: Path) -> tuple[float, float]:
    width, height = (record.get(side) for side in ("width", "height"))
    is_known = isinstance(width, int | float) and isinstance(height, int | float) and width > 0 and height > 0
    return (float(width), float(height)) if is_known else picture_size(picture)  # pyright: ignore[reportArgumentType]


def _key(record: Mapping[str, Any]) -> str:
    """The kind of the objects: that of the first list, which is the one that Ultralytics trains on."""
    found = record.get("annotations")
    return next(iter(found), BOXES) if isinstance(found, dict) else BOXES


def _objects(record: Mapping[str, Any]) -> list[Any]:
    found = record.get("annotations")
    listed = found.get(_key(record)) if isinstance(found, dict) else None
    return list(listed) if isinstance(listed, list) else []


def _item(at: int, one: Any, size: Sequence[float], names: Mapping[int, str], key: str) -> Item:
    numbers = [value if isinstance(value, int | float) else float("nan") for value in one or ()] if one else []
    label = "" if not numbers or numbers[0] != numbers[0] else names.get(int(numbers[0]), f"class{int(numbers[0])}")
    width, height = (side or 1.0 for side in size)
    shape = "" if key in (BOXES, POSE) else key
    return Item(at, label, _corners(numbers[1:], width, height, is_box=not shape), shape)


def _corners(numbers: Sequence[float], width: float, height: float, *, is_box: bool) -> Corners:
    if not is_box:
        return around(zip([x * width for x in numbers[::2]], [y * height for y in numbers[1::2]], strict=False))
    if len(numbers) < 4:
        return UNREADABLE
    x, y, across, down = numbers[0] * width, numbers[1] * height, numbers[2] * width / 2, numbers[3] * height / 2
    return around([(x - across, y - down), (x + across, y + down)])


def _edited(
    content: bytes,
    head: ndjson.Record,
    records: list[ndjson.Record],
    before: Annotations,
    after: Annotations,
    needed: Edits,
) -> bytes:
    number = _numbers(head, after)
    objects: list[list[Any]] = [_objects(record) for record in records]
    for old, new in needed.changed:
        at, place = int(before.boxes.image[old]), int(before.records[old])
        objects[at][place] = _changed(objects[at][place], _key(records[at]), before, after, (old, new), number)
    for old in needed.removed:
        objects[int(before.boxes.image[old])][int(before.records[old])] = None
    for new in needed.added:
        at = int(after.boxes.image[new])
        objects[at].append([number[after.categories[after.boxes.label[new]]], *_place(after, new, _key(records[at]))])
    touched = {
        *before.boxes.image[[old for old, _new in needed.changed]].tolist(),
        *before.boxes.image[list(needed.removed)].tolist(),
        *after.boxes.image[list(needed.added)].tolist(),
    }
    lines = content.decode("utf-8-sig", "replace").split("\n")
    places = [at for at, line in enumerate(lines) if line.strip()]
    kept = [at for at in places[1:] if json.loads(lines[at]).get("file")]
    for image in touched:
        found = [one for one in objects[image] if one is not None]
        record = records[image]
        notes = record.get("annotations") if isinstance(record.get("annotations"), dict) else {}
        lines[kept[image]] = ndjson.line_of({**record, "annotations": {**(notes or {}), _key(record): found}})
    if len(number) > len(ndjson.class_names(head)):
        named = {str(at): name for name, at in number.items()}
        lines[places[0]] = ndjson.line_of({**head, "class_names": named})
    return "\n".join(lines).encode()


def _numbers(head: Mapping[str, Any], annotations: Annotations) -> dict[str, int]:
    """Name -> number of each class; new ones are numbered on."""
    number = {name: at for at, name in ndjson.class_names(head).items()}
    first = max(number.values(), default=-1) + 1
    new = [name for name in annotations.categories if name not in number]
    return number | {name: first + at for at, name in enumerate(new)}


def _changed(
    one: Sequence[float],
    key: str,
    before: Annotations,
    after: Annotations,
    pair: tuple[int, int],
    number: Mapping[str, int],
) -> list[float]:
    label = number[after.categories[after.boxes.label[pair[1]]]]
    if not is_moved(before, after, *pair):
        return [label, *one[1:]]
    rest = one[5:] if key == POSE else ()
    return [label, *_place(after, pair[1], key), *rest]


def _place(annotations: Annotations, index: int, key: str) -> list[float]:
    """Centre, width and height in shares of the image; of polygons and turned boxes the four corners."""
    boxes = annotations.boxes
    size = [side or 1.0 for side in annotations.size_px[boxes.image[index]].tolist()]
    xyxy = boxes.xyxy[index : index + 1]
    if key in (BOXES, POSE):
        left, top, width, height = from_xyxy(xyxy, "xywh")[0].tolist()
        sides = [(left + width / 2) / size[0], (top + height / 2) / size[1], width / size[0], height / size[1]]
        return [round(side, DIGITS) for side in sides]
    left, top, right, bottom = xyxy[0].tolist()
    corners = (left, top, right, top, right, bottom, left, bottom)
    return [round(side / size[at % 2], DIGITS) for at, side in enumerate(corners)]


def _fresh(annotations: Annotations) -> list[dict[str, Any]]:
    """New records; crowd and ignore regions, unknown to Ultralytics, are left out."""
    names = {str(at): name for at, name in enumerate(annotations.categories)}
    head = {"type": "dataset", "task": "detect", "path": ".", "class_names": names}
    records: list[dict[str, Any]] = [
        {"type": "image", "file": row["file_name"], "width": row["width"], "height": row["height"], "split": "train"}
        | {"annotations": {BOXES: []}}
        for row in annotations.images.to_pylist()
    ]
    boxes = annotations.boxes
    for index, image in enumerate(boxes.image.tolist()):
        if not boxes.is_ignored[index]:
            records[image]["annotations"][BOXES].append([int(boxes.label[index]), *_place(annotations, index, BOXES)])
    return [head, *records]


def _text(records: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f"{ndjson.line_of(record)}\n" for record in records)
