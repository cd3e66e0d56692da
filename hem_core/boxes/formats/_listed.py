"""Annotations out of pictures with their objects listed one by one, as labelling tools write them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hem_core.boxes.annotations import Annotations, Key, Source, image_table, unique_ids
from hem_core.boxes.arrays import GivenBoxes, numbered
from hem_core.boxes.formats._pictures import picture_size
from hem_core.boxes.geometry import areas
from hem_core.boxes.problems import given_problems, problems_of

LARGEST_PX = 1e9
Corners = tuple[float, float, float, float]
UNREADABLE: Corners = (math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Item:
    """One object of a picture."""

    place: int
    """Where it is among the objects of its picture in the file."""
    label: str
    """Its class; "" where it has none."""
    xyxy: Corners
    """Left, top, right, bottom in px; NaN where they cannot be read."""
    shape: str = ""
    """Another shape than a box, such as "polygon"; the box around it is used. One without a box has NaN."""
    is_ignored: bool = False
    is_crowd: bool = False


@dataclass(frozen=True)
class Picture:
    """One picture with its objects."""

    key: Key
    """What the file itself calls it."""
    name: str
    """Its file, relative to the folder of the pictures."""
    size_px: tuple[float, float]
    """Width and height; 0 where the file does not say so."""
    items: Sequence[Item]
    own: Mapping[str, object] = field(default_factory=dict)


def annotations_of(
    pictures: Sequence[Picture], source: Source, *, classes: Sequence[str] = (), unread: Iterable[str] = ()
) -> Annotations:
    """Annotations of listed pictures. Classes: those that the file lists, then the others of the objects, sorted.

    A size that is not known is that of the file in the folder of the pictures. What cannot be used is recorded: unread
    files, objects without a class or without a box.
    """
    keys, names = tuple(one.key for one in pictures), [one.name for one in pictures]
    ids, again = unique_ids(names, keys)
    size_px = np.asarray([_size(one, source) for one in pictures], np.float64).reshape(-1, 2)
    found = [(at, item) for at, one in enumerate(pictures) for item in one.items]
    others = sorted({item.label for _at, item in found if item.label} - set(classes))
    categories = (*dict.fromkeys(classes), *others)
    own = sorted({name for one in pictures for name in one.own})
    table = image_table(ids, names, size_px, {name: [one.own.get(name) for one in pictures] for name in own})
    boxes, records, kept = _boxes(found, categories)
    gone = [] if source.images is None else [name for name in names if not (source.images / name).is_file()]
    left_out = [each for index, each in enumerate(found) if index not in kept]
    stays = "they are left out, and stay in the file"
    shapes = {shape: [ids[at] for at, item in left_out if item.shape == shape] for shape in _shapes(left_out)}
    odd = [
        *problems_of("unreadable_file", unread, "files that cannot be read", "they are left out, and stay as they are"),
        *problems_of("image_listed_twice", again, "files about the same picture", "their ids end in @ and their name"),
        *problems_of("file_missing", gone, f"images without a file in {source.images}"),
        *problems_of("unknown_category", _where(left_out, ids, is_named=False), "objects without a class", stays),
        *problems_of("unreadable_box", _where(left_out, ids, is_named=True), "objects without four numbers", stays),
        *(each for shape, where in shapes.items() for each in problems_of("no_box", where, f"{shape} shapes", stays)),
        *problems_of("polygon", [ids[found[at][0]] for at in sorted(kept) if found[at][1].shape],
                     "shapes that are no boxes", "the box around each is used"),
        *problems_of("image_without_size", [ids[at] for at in np.flatnonzero(~size_px.all(axis=1))],
                     "images of unknown size", "their borders are unknown"),
    ]  # fmt: skip
    result = Annotations(table, keys, categories, categories, boxes, records, (), source)
    return replace(result, problems=(*odd, *given_problems(boxes, ids, size_px, categories)))


def around(points: Iterable[Sequence[float] | Sequence[str]]) -> Corners:
    """The box around some points, in whichever order; NaN for less than two or for what is no number."""
    try:
        corners = np.asarray([[float(point[0]), float(point[1])] for point in points], np.float64)
    except (TypeError, ValueError, IndexError):
        return UNREADABLE
    if len(corners) < 2 or not np.isfinite(corners).all() or (np.abs(corners) >= LARGEST_PX).any():
        return UNREADABLE
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def contents_below(path: Path, ending: str) -> dict[str, bytes]:
    """Name below the folder -> bytes of each file with this ending; of one file, its own."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob(f"*{ending}"))}


def digest_of(content: Mapping[str, bytes]) -> str:
    """SHA-256 of names and bytes."""
    digest = hashlib.sha256()
    for name, text in content.items():
        digest.update(f"{name}\0{len(text)}\0".encode("utf-8", "surrogateescape") + text)
    return digest.hexdigest()


def number_text(value: float) -> str:
    """A number of px as labelling tools write it: at most two digits after the point."""
    return f"{round(value, 2):.10g}"


def _boxes(
    found: Sequence[tuple[int, Item]], categories: Sequence[str]
) -> tuple[GivenBoxes, np.ndarray, frozenset[int]]:
    image = np.asarray([at for at, _item in found], np.int64)
    xyxy = np.asarray([item.xyxy for _at, item in found], np.float64).reshape(-1, 4)
    is_named = np.asarray([bool(item.label) for _at, item in found], bool)
    kept = np.flatnonzero(is_named & np.isfinite(xyxy).all(axis=1))
    items = [found[at][1] for at in kept.tolist()]
    number = {name: at for at, name in enumerate(categories)}
    label = np.asarray([number[item.label] for item in items], np.int64)
    is_crowd = np.asarray([item.is_crowd for item in items], bool)
    is_ignored = is_crowd | np.asarray([item.is_ignored for item in items], bool)
    corners = xyxy[kept]
    boxes = GivenBoxes(image[kept], label, corners, areas(corners), is_crowd, is_ignored, numbered(image)[kept])
    records = np.asarray([item.place for item in items], np.int64)
    return boxes, records, frozenset(kept.tolist())


def _shapes(left_out: Sequence[tuple[int, Item]]) -> list[str]:
    return sorted({item.shape for _at, item in left_out if item.shape})


def _where(left_out: Sequence[tuple[int, Item]], ids: Sequence[str], *, is_named: bool) -> list[str]:
    return [ids[at] for at, item in left_out if bool(item.label) is is_named and not item.shape]


def _size(one: Picture, source: Source) -> tuple[float, float]:
    if min(one.size_px) > 0:
        return one.size_px
    return (0, 0) if source.images is None else picture_size(source.images / one.name)
