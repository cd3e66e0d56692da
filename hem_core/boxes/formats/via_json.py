"""VGG Image Annotator's JSON (VIA 2): one file of all pictures, a `rect` an object; polygons and circles as boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _json, _listed
from hem_core.boxes.formats._edits import check_digest, edits, is_moved
from hem_core.boxes.formats._listed import UNREADABLE, Corners, Item, Picture, around
from hem_core.errors import DataError

PROJECT = "_via_img_metadata"
"""Key of the pictures in a saved project; an export of annotations has them at its top."""
CLASS_NAMES = ("label", "class", "category", "name", "type", "object")
"""Region attributes that are the class, where a file has several: the first of these that occurs."""
PEEK = 1 << 16


def recognizes(path: Path) -> bool:
    """Whether a .json is VIA's, by its first bytes."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(PEEK)
    return start.lstrip()[:1] == b"{" and b'"regions"' in start and b'"filename"' in start


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a VIA project or of its export of annotations as JSON.

    VIA knows no sizes: those of the pictures are read in the folder `images`, and are unknown without it. The class is
    the only region attribute, or the first of CLASS_NAMES. Raises DataError for a file that is no such JSON.
    """
    content = _json.read_bytes(path)
    return _parsed(_json.loads(content, path), Source("via_json", path, _digest(path, content), images))


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The file with its corrections, all else in it as it was; or a new annotations.json from another format.

    A polygon or a circle whose box was moved becomes a rectangle.
    """
    source = annotations.source
    if source is None or source.format != "via_json":
        yield "annotations.json", _json.dumps(_fresh(annotations), b"{}\n")
        return
    content = _json.read_bytes(source.path)
    check_digest(source, _digest(source.path, content))
    document = _json.loads(content, source.path)
    before = _parsed(document, source)
    needed = edits(before, annotations)
    entries = list(_entries(document).values())
    attribute = _class_attribute(_entries(document).values())
    regions = {at: _regions(entries[at]) for at in range(len(entries))}
    for old, new in needed.changed:
        at, place = int(before.boxes.image[old]), int(before.records[old])
        changed = {**regions[at][place]}
        label = annotations.categories[annotations.boxes.label[new]]
        if label != before.categories[before.boxes.label[old]]:
            changed["region_attributes"] = {**(changed.get("region_attributes") or {}), attribute: label}
        if is_moved(before, annotations, old, new):
            changed["shape_attributes"] = _rect(annotations, new)
        regions[at][place] = changed
    for old in needed.removed:
        regions[int(before.boxes.image[old])][int(before.records[old])] = None
    for new in needed.added:
        label = annotations.categories[annotations.boxes.label[new]]
        added = {"shape_attributes": _rect(annotations, new), "region_attributes": {attribute: label}}
        regions[int(annotations.boxes.image[new])].append(added)
    for at, entry in enumerate(entries):
        kept = [each for each in regions[at] if each is not None]
        is_keyed = isinstance(entry.get("regions"), dict)
        entry["regions"] = {str(number): each for number, each in enumerate(kept)} if is_keyed else kept
    yield source.path.name, _json.dumps(document, content) if needed else content


def _digest(path: Path, content: bytes) -> str:
    return _listed.digest_of({path.name: content})


def _entries(document: Any) -> dict[str, dict[str, Any]]:
    pictures = document.get(PROJECT, document) if isinstance(document, dict) else {}
    return {key: each for key, each in pictures.items() if isinstance(each, dict) and "filename" in each}


def _parsed(document: Any, source: Source) -> Annotations:
    entries = _entries(document)
    if not entries:
        raise DataError(f"{source.path} has no pictures of VIA; export the annotations as JSON, or save the project")
    attribute = _class_attribute(entries.values())
    pictures = [_picture(key, entry, attribute) for key, entry in entries.items()]
    return _listed.annotations_of(pictures, source)


def _picture(key: str, entry: Mapping[str, Any], attribute: str) -> Picture:
    items = [_item(at, each if isinstance(each, dict) else {}, attribute) for at, each in enumerate(_regions(entry))]
    own = entry.get("file_attributes")
    texts = {str(name): value for name, value in own.items() if isinstance(value, str)} if isinstance(own, dict) else {}
    return Picture(key, str(entry["filename"]), (0, 0), items, texts)


def _regions(entry: Mapping[str, Any]) -> list[Any]:
    found = entry.get("regions")
    return list(found.values()) if isinstance(found, dict) else list(found) if isinstance(found, list) else []


def _class_attribute(entries: Any) -> str:
    """The region attribute that is the class; `label` where there is none."""
    named = Counter(
        str(name)
        for entry in entries
        for region in _regions(entry)
        if isinstance(region, dict) and isinstance(region.get("region_attributes"), dict)
        for name in region["region_attributes"]
    )
    if len(named) == 1:
        return next(iter(named))
    return next((name for name in CLASS_NAMES if name in named), next(iter(named), CLASS_NAMES[0]))


def _item(at: int, region: Mapping[str, Any], attribute: str) -> Item:
    attributes, shape = region.get("region_attributes"), region.get("shape_attributes")
    value = attributes.get(attribute) if isinstance(attributes, dict) else None
    chosen = [str(name) for name, is_on in value.items() if is_on] if isinstance(value, dict) else [value]
    label = str(chosen[0]).strip() if len(chosen) == 1 and chosen[0] is not None else ""
    kind = str(shape.get("name")) if isinstance(shape, dict) else ""
    return Item(at, label, _corners(kind, shape or {}), "" if kind == "rect" else kind)


def _corners(kind: str, shape: Mapping[str, Any]) -> Corners:
    try:
        match kind:
            case "rect":
                x, y = float(shape["x"]), float(shape["y"])
                return around([(x, y), (x + float(shape["width"]), y + float(shape["height"]))])
            case "circle" | "ellipse":
                x, y = float(shape["cx"]), float(shape["cy"])
                across, down = float(shape.get("rx", shape.get("r"))), float(shape.get("ry", shape.get("r")))
                return around([(x - across, y - down), (x + across, y + down)])
            case "polygon":
                return around(zip(shape["all_points_x"], shape["all_points_y"], strict=False))
    except (KeyError, TypeError, ValueError):
        return UNREADABLE
    return UNREADABLE


def _rect(annotations: Annotations, index: int) -> dict[str, Any]:
    left, top, right, bottom = annotations.boxes.xyxy[index].tolist()
    return {"name": "rect", "x": left, "y": top, "width": right - left, "height": bottom - top}


def _fresh(annotations: Annotations) -> dict[str, Any]:
    """A new file; crowd and ignore regions, unknown to VIA, are left out."""
    names = annotations.images["file_name"].to_pylist()
    entries: dict[str, Any] = {
        id: {"filename": name, "size": -1, "regions": [], "file_attributes": {}}
        for id, name in zip(annotations.image_ids, names, strict=True)
    }
    for index, image in enumerate(annotations.boxes.image.tolist()):
        if not annotations.boxes.is_ignored[index]:
            label = annotations.categories[annotations.boxes.label[index]]
            region = {"shape_attributes": _rect(annotations, index), "region_attributes": {CLASS_NAMES[0]: label}}
            entries[annotations.image_ids[image]]["regions"].append(region)
    return entries
