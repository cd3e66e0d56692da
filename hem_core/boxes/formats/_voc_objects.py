"""The objects of Pascal VOC's files: as arrays, and back."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import numpy as np

from hem_core.boxes.annotations import Annotations
from hem_core.boxes.arrays import GivenBoxes, numbered
from hem_core.boxes.geometry import areas
from hem_core.boxes.problems import Problem, problems_of

SIDES = ("xmin", "ymin", "xmax", "ymax")
_LARGEST = 1e9


def boxes(
    roots: Sequence[ET.Element], image_ids: Sequence[str]
) -> tuple[tuple[str, ...], GivenBoxes, np.ndarray, list[Problem]]:
    """The classes, the boxes that can be used, the place of each among the objects of its file, and what is odd."""
    found = [(at, place, each) for at, root in enumerate(roots) for place, each in enumerate(root.findall("object"))]
    image = np.asarray([at for at, _place, _each in found], np.int64)
    place = np.asarray([place for _at, place, _each in found], np.int64)
    names = [(each.findtext("name") or "").strip() for _at, _place, each in found]
    xyxy = np.asarray([_corners(each) for _at, _place, each in found], np.float64).reshape(-1, 4)
    is_difficult = np.asarray([number(each.findtext("difficult")) > 0 for _at, _place, each in found], bool)
    is_named = np.asarray([bool(name) for name in names], bool)
    readable = np.all(np.isfinite(xyxy), axis=1)
    kept = np.flatnonzero(is_named & readable)
    classes = tuple(sorted({name for name in names if name}))
    label = np.asarray([classes.index(names[at]) for at in kept], np.int64)
    corners, nothing = xyxy[kept], np.zeros(len(kept), bool)
    result = GivenBoxes(image[kept], label, corners, areas(corners), nothing, is_difficult[kept], numbered(image)[kept])
    stays = "they are left out, and stay in the file"
    nameless, odd = image[~is_named], image[is_named & ~readable]
    problems = [
        *problems_of("unknown_category", [image_ids[int(at)] for at in nameless], "objects without a name", stays),
        *problems_of("unreadable_box", [image_ids[int(at)] for at in odd], "objects without four numbers", stays),
    ]
    return classes, result, place[kept], problems


def number(text: str | None) -> float:
    """A number of px, NaN where it is none."""
    try:
        value = float(text or "")
    except ValueError:
        return math.nan
    return value if abs(value) < _LARGEST else math.nan


def element(annotations: Annotations, index: int) -> ET.Element:
    """A new object."""
    result = ET.Element("object")
    ET.SubElement(result, "name").text = annotations.categories[annotations.boxes.label[index]]
    ET.SubElement(result, "truncated").text = "0"
    ET.SubElement(result, "difficult").text = str(int(annotations.boxes.is_ignored[index]))
    place = ET.SubElement(result, "bndbox")
    for side, value in zip(SIDES, annotations.boxes.xyxy[index].tolist(), strict=True):
        ET.SubElement(place, side).text = _text(value)
    return result


def change(each: ET.Element, annotations: Annotations, index: int, *, is_moved: bool) -> None:
    """Give an object, in place, its new class, and its new place where it has one."""
    for child in each.findall("name"):
        child.text = annotations.categories[annotations.boxes.label[index]]
    corners = zip(SIDES, annotations.boxes.xyxy[index].tolist(), strict=True) if is_moved else ()
    for side, value in corners:
        for child in each.findall(f"bndbox/{side}"):
            child.text = _text(value)


def remove(root: ET.Element, each: ET.Element) -> None:
    """Take an object out, in place, with the blank that follows it; the last blank before the end stays."""
    at = list(root).index(each)
    if at and at == len(root) - 1:
        root[at - 1].tail = each.tail
    root.remove(each)


def append(root: ET.Element, each: ET.Element) -> None:
    """Put an object last, in place, indented as those before it."""
    blank = root.text if (root.text or "").isspace() else None
    if blank:
        ET.indent(each, blank.rpartition("\n")[2] or "\t", level=1)
        last = root[-1] if len(root) else None
        each.tail = last.tail if last is not None else "\n"
        if last is not None:
            last.tail = blank
    root.append(each)


def _corners(each: ET.Element) -> list[float]:
    return [number(each.findtext(f"bndbox/{side}")) for side in SIDES]


def _text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.10g}"
