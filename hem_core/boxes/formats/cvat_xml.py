"""CVAT's "CVAT for images 1.1": one XML of all pictures, a `box` an object; polygons, ellipses and masks as boxes."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _json, _listed, _xml
from hem_core.boxes.formats._edits import Edits, check_digest, edits, is_moved
from hem_core.boxes.formats._listed import UNREADABLE, Corners, Item, Picture, around, number_text
from hem_core.boxes.formats._voc_objects import append, number, remove
from hem_core.errors import DataError

SIDES = ("xtl", "ytl", "xbr", "ybr")
SHAPES = ("box", "polygon", "ellipse", "mask", "polyline", "points", "cuboid", "skeleton")
"""Elements that are objects. The last four have no box."""
NAME = "annotations.xml"
PEEK = 1 << 16
OWN = ("label", "source", "occluded", "group_id", "z_order")
"""Attributes of an object that are not about its shape."""
_LABELS = ".//labels"


def recognizes(path: Path) -> bool:
    """Whether a file, or the annotations.xml of a folder, is CVAT's with objects, by its first bytes."""
    start = _start(path)
    return b"<annotations" in start and not _has_tags_alone(start)


def is_of_tags(path: Path) -> bool:
    """Whether it is CVAT's, and has tags of whole pictures and no objects, by its first bytes."""
    start = _start(path)
    return b"<annotations" in start and _has_tags_alone(start)


def tags_in(root: ET.Element) -> list[list[str]]:
    """The tags of each picture."""
    return [[(tag.get("label") or "").strip() for tag in image.findall("tag")] for image in root.findall("image")]


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of an annotations.xml, or of the folder that has it.

    Classes: those of the task, in its order, then others that objects have.
    A box that CVAT shows rotated becomes the box around it. images: the folder of the pictures, to see which are
    missing. Raises DataError for a file that is no such XML, has a DOCTYPE, or holds the tracks of a video.
    """
    path = path / NAME if path.is_dir() else path
    content = _json.read_bytes(path)
    source = Source("cvat_xml", path, _listed.digest_of({path.name: content}), images)
    return _parsed(opened(path, content), source)


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The file with its corrections, all other elements as they were; or a new annotations.xml from another format.

    A polygon, an ellipse or a mask whose box was moved becomes a box.
    """
    source = annotations.source
    if source is None or source.format != "cvat_xml":
        yield "annotations.xml", _fresh(annotations)
        return
    content = source.path.read_bytes()
    check_digest(source, _listed.digest_of({source.path.name: content}))
    root = opened(source.path, content)
    before = _parsed(root, source)
    needed = edits(before, annotations)
    if needed:
        _edit(root, before, annotations, needed)
    yield source.path.name, _xml.text(root, content) if needed else content


def classes_in(root: ET.Element) -> list[str]:
    """The labels of the task, in its order."""
    names = [(each.text or "").strip() for each in root.findall(f"{_LABELS}/label/name")]
    return [name for name in names if name]


def _start(path: Path) -> bytes:
    path = path / NAME if path.is_dir() else path
    if path.suffix.lower() != ".xml" or not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(PEEK)


def _has_tags_alone(start: bytes) -> bool:
    return b"<tag " in start and not any(b"<%s " % shape.encode() in start for shape in SHAPES)


def opened(path: Path, content: bytes) -> ET.Element:
    """The XML. Raises DataError for what is none, or has no pictures."""
    try:
        root = _xml.parse(content)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if root.tag != "annotations" or (root.find("track") is not None and root.find("image") is None):
        raise DataError(f"{path} holds no pictures; export the task from CVAT as 'CVAT for images 1.1'")
    return root


def _parsed(root: ET.Element, source: Source) -> Annotations:
    pictures = [_picture(at, each) for at, each in enumerate(root.findall("image"))]
    return _listed.annotations_of(pictures, source, classes=classes_in(root))


def _picture(at: int, each: ET.Element) -> Picture:
    size = [number(each.get(side)) for side in ("width", "height")]
    width, height = (0.0 if math.isnan(side) else side for side in size)
    own = {name: value for name in ("subset", "task_id") if (value := each.get(name))}
    return Picture(at, each.get("name") or each.get("id") or str(at), (width, height), _items(each), own)


def _items(image: ET.Element) -> list[Item]:
    objects = [each for each in image if each.tag in SHAPES]
    return [
        Item(place, (each.get("label") or "").strip(), _corners(each), "" if each.tag == "box" else each.tag)
        for place, each in enumerate(objects)
    ]


def _corners(each: ET.Element) -> Corners:
    """Left, top, right and bottom; NaN for a shape without a box."""
    match each.tag:
        case "box":
            corners = [number(each.get(side)) for side in SIDES]
            return _turned(around([corners[:2], corners[2:]]), number(each.get("rotation")))
        case "polygon":
            return around(point.split(",") for point in (each.get("points") or "").split(";"))
        case "ellipse":
            x, y, across, down = (number(each.get(name)) for name in ("cx", "cy", "rx", "ry"))
            return _turned(around([(x - across, y - down), (x + across, y + down)]), number(each.get("rotation")))
        case "mask":
            x, y, width, height = (number(each.get(name)) for name in ("left", "top", "width", "height"))
            return around([(x, y), (x + width, y + height)])
        case _:
            return UNREADABLE


def _turned(corners: Corners, degrees: float) -> Corners:
    """The box around one that is turned about its centre."""
    if math.isnan(degrees) or not degrees % 360:
        return corners
    left, top, right, bottom = corners
    x, y, across, down = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    wide, high = across * cos + down * sin, across * sin + down * cos
    return x - wide, y - high, x + wide, y + high


def _edit(root: ET.Element, before: Annotations, after: Annotations, needed: Edits) -> None:
    images = root.findall("image")
    objects = [[each for each in image if each.tag in SHAPES] for image in images]
    for old, new in needed.changed:
        at = int(before.boxes.image[old])
        each = objects[at][before.records[old]]
        each.set("label", after.categories[after.boxes.label[new]])
        if is_moved(before, after, old, new):
            _place(each, after, new)
    for old in needed.removed:
        at = int(before.boxes.image[old])
        remove(images[at], objects[at][before.records[old]])
    for new in needed.added:
        each = ET.Element("box", label=after.categories[after.boxes.label[new]], source="manual", occluded="0")
        _place(each, after, new)
        each.set("z_order", "0")
        append(images[int(after.boxes.image[new])], each)
    listed = root.find(_LABELS)
    if listed is not None:
        for name in after.categories[len(before.categories) :]:
            label = ET.SubElement(listed, "label")
            ET.SubElement(label, "name").text = name
            ET.SubElement(label, "attributes")


def _place(each: ET.Element, annotations: Annotations, index: int) -> None:
    """Give an element its box; of another shape nothing but its attributes of the object stays."""
    kept = {name: value for name in OWN if (value := each.get(name)) is not None}
    each.tag = "box"
    each.attrib.clear()
    order = kept.pop("z_order", None)
    sides = dict(zip(SIDES, map(number_text, annotations.boxes.xyxy[index].tolist()), strict=True))
    each.attrib.update(kept | sides | ({"z_order": order} if order is not None else {}))


def _fresh(annotations: Annotations) -> bytes:
    """A new file; crowd and ignore regions, unknown to CVAT, are left out."""
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    labels = ET.SubElement(ET.SubElement(ET.SubElement(root, "meta"), "task"), "labels")
    for name in annotations.categories:
        ET.SubElement(ET.SubElement(labels, "label"), "name").text = name
    for at, row in enumerate(annotations.images.to_pylist()):
        size = {side: str(row[side]) for side in ("width", "height")}
        image = ET.SubElement(root, "image", {"id": str(at), "name": row["file_name"], **size})
        for index in (annotations.boxes.image == at).nonzero()[0].tolist():
            if not annotations.boxes.is_ignored[index]:
                label = annotations.categories[annotations.boxes.label[index]]
                box = ET.SubElement(image, "box", {"label": label, "occluded": "0", "z_order": "0"})
                _place(box, annotations, index)
    ET.indent(root, "  ")
    return _xml.text(root, b"")
