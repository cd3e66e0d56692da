"""LabelMe's JSON: one file a picture, a `rectangle` an object; polygons, circles and masks as boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _json, _listed
from hem_core.boxes.formats._edits import check_digest, edits, is_moved
from hem_core.boxes.formats._listed import UNREADABLE, Corners, Item, Picture, around
from hem_core.errors import DataError

BOXED = ("rectangle", "polygon", "mask", "circle")
"""Types of shapes that have a box; lines and points have none."""
PEEK = 1 << 14


def recognizes(path: Path) -> bool:
    """Whether a file, or the first .json of a folder, is LabelMe's."""
    if path.is_dir():
        first = next((each for each in sorted(path.iterdir()) if each.suffix.lower() == ".json"), None)
        return first is not None and recognizes(first)
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(PEEK)
        file.seek(max(0, size - PEEK))  # a picture may lie between the shapes and its size
        ends = start + file.read()
    return start.lstrip()[:1] == b"{" and b'"shapes"' in ends and b'"imagePath"' in ends


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a folder of LabelMe's files and of those below it, or of one file.

    The two points of a rectangle may be any two opposite corners. images: the folder of the pictures, to see which are
    missing. Classes are those of the shapes, sorted. A file that is no LabelMe JSON is recorded and left out.
    Raises DataError where there is none.
    """
    content = _listed.contents_below(path, ".json")
    return _parsed(content, Source("labelme_json", path, _listed.digest_of(content), images))


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """A .json for each picture; a file without a correction has the bytes it had, another all its other keys.

    A polygon, a circle or a mask whose box was moved becomes a rectangle.
    """
    source = annotations.source
    if source is None or source.format != "labelme_json":
        yield from _fresh(annotations)
        return
    content = _listed.contents_below(source.path, ".json")
    check_digest(source, _listed.digest_of(content))
    before = _parsed(content, source)
    needed = edits(before, annotations)
    shapes: dict[str, list[Any]] = {}

    def of(image: int) -> list[Any]:
        name = str(before.image_keys[image])
        return shapes.setdefault(name, [*_json.loads(content[name], source.path / name)["shapes"]])

    for old, new in needed.changed:
        listed, at = of(int(before.boxes.image[old])), int(before.records[old])
        listed[at] = {**listed[at], "label": annotations.categories[annotations.boxes.label[new]]}
        if is_moved(before, annotations, old, new):
            kept = {name: value for name, value in listed[at].items() if name != "mask"}
            listed[at] = {**kept, "points": _points(annotations, new), "shape_type": "rectangle"}
    for old in needed.removed:
        of(int(before.boxes.image[old]))[int(before.records[old])] = None
    for new in needed.added:
        of(int(annotations.boxes.image[new])).append(_shape(annotations, new))
    for name, text in content.items():
        if name not in shapes:
            yield name, text
            continue
        document = _json.loads(text, source.path / name)
        kept = [each for each in shapes[name] if each is not None]
        yield name, _json.dumps({**document, "shapes": kept}, text)


def _parsed(content: Mapping[str, bytes], source: Source) -> Annotations:
    pictures, unread = [], []
    for name, text in content.items():
        try:
            document = _json.loads(text, Path(name), without=("imageData",))
        except DataError as error:
            unread.append(str(error))
            continue
        if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
            unread.append(f"{name}: no list 'shapes'")
            continue
        pictures.append(_picture(name, document))
    if not pictures:
        raise DataError(f"{source.path} has no .json files of LabelMe; name the folder of the annotations")
    return _listed.annotations_of(pictures, source, unread=unread)


def _picture(name: str, document: Mapping[str, Any]) -> Picture:
    place = PurePosixPath(name)
    wanted = str(document.get("imagePath") or place.with_suffix(".jpg").name).replace("\\", "/")
    sizes = [document.get(f"image{side}") for side in ("Width", "Height")]
    width, height = (float(size) if isinstance(size, int | float) and size > 0 else 0.0 for size in sizes)
    items = [_item(at, each if isinstance(each, dict) else {}) for at, each in enumerate(document["shapes"])]
    flags = document.get("flags")
    own = (
        {str(flag): value for flag, value in flags.items() if isinstance(value, bool)}
        if isinstance(flags, dict)
        else {}
    )
    return Picture(name, (place.parent / PurePosixPath(wanted).name).as_posix(), (width, height), items, own)


def _item(at: int, shape: Mapping[str, Any]) -> Item:
    kind = str(shape.get("shape_type") or "polygon")
    label, points = shape.get("label"), shape.get("points")
    listed = points if isinstance(points, list) else []
    return Item(
        at, "" if label is None else str(label).strip(), _corners(kind, listed), "" if kind == "rectangle" else kind
    )


def _corners(kind: str, points: list[Any]) -> Corners:
    if kind not in BOXED:
        return UNREADABLE
    if kind != "circle" or len(points) != 2:
        return around(points)
    (left, top, right, bottom), first = around(points), points[0]
    if math.isnan(left):
        return UNREADABLE
    radius = math.hypot(right - left, bottom - top)
    return around([(first[0] - radius, first[1] - radius), (first[0] + radius, first[1] + radius)])


def _points(annotations: Annotations, index: int) -> list[list[float]]:
    left, top, right, bottom = annotations.boxes.xyxy[index].tolist()
    return [[left, top], [right, bottom]]


def _shape(annotations: Annotations, index: int) -> dict[str, Any]:
    label, points = annotations.categories[annotations.boxes.label[index]], _points(annotations, index)
    return {"label": label, "points": points, "group_id": None, "shape_type": "rectangle", "flags": {}}


def _fresh(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """A new file for each picture; crowd and ignore regions, unknown to LabelMe, are left out."""
    of_image: list[list[int]] = [[] for _image in annotations.image_ids]
    for index, image in enumerate(annotations.boxes.image.tolist()):
        if not annotations.boxes.is_ignored[index]:
            of_image[image].append(index)
    for row, some in zip(annotations.images.to_pylist(), of_image, strict=True):
        place = PurePosixPath(row["file_name"])
        document = {
            "version": "5.5.0",
            "flags": {},
            "shapes": [_shape(annotations, index) for index in some],
            "imagePath": place.name,
            "imageData": None,
            "imageHeight": row["height"],
            "imageWidth": row["width"],
        }
        yield place.with_suffix(".json").as_posix(), _json.dumps(document, b"{\n  \n")
