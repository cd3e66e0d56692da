"""Label Studio's JSON of a project: a task a picture, rectangles with labels in its annotation."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _json, _listed
from hem_core.boxes.formats import _label_studio_tasks as studio
from hem_core.boxes.formats._edits import Edits, check_digest, edits, is_moved
from hem_core.boxes.formats._listed import UNREADABLE, Corners, Item, Picture, around
from hem_core.boxes.formats._pictures import picture_size

NAME = "tasks.json"
LOCAL = "/data/local-files/?d="
"""How Label Studio names a file of its local storage."""
DIGITS = 10


def recognizes(path: Path) -> bool:
    """Whether a .json is an export of tasks with rectangles, by its first bytes."""
    return studio.has_rectangles(path)


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a project: of each task the annotation marked as ground truth, else the last that was not
    cancelled; a task without one has no boxes.

    A rectangle that is turned becomes the box around it. The size of a picture is what the result says, else that of
    its file. images: the folder of the pictures, to see which are missing. Raises DataError for a file without tasks.
    """
    content = _json.read_bytes(path)
    return _parsed(studio.tasks_of(content, path), Source("label_studio_json", path, _digest(content), images))


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The file with its corrections, all else in it as it was; or a new tasks.json from another format."""
    source = annotations.source
    if source is None or source.format != "label_studio_json":
        yield NAME, _json.dumps(_fresh(annotations), b"[]\n")
        return
    content = _json.read_bytes(source.path)
    check_digest(source, _digest(content))
    tasks = studio.tasks_of(content, source.path)
    before = _parsed(tasks, source)
    needed = edits(before, annotations)
    if needed:
        _edit(tasks, before, annotations, needed)
    yield source.path.name, _json.dumps(tasks, content) if needed else content


def corners_of(part: Mapping[str, Any], size: Sequence[float]) -> Corners:
    """Left, top, right and bottom in px of a rectangle in percent of the picture; NaN where it has none."""
    value = part.get("value")
    try:
        x, y, width, height = (float(value[name]) / 100 for name in ("x", "y", "width", "height"))  # pyright: ignore[reportOptionalSubscript]
        degrees = float(value.get("rotation") or 0)  # pyright: ignore[reportOptionalMemberAccess]
    except (KeyError, TypeError, ValueError):
        return UNREADABLE
    across, down = (side or 1.0 for side in size)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    sides = [(0.0, 0.0), (width * across, 0.0), (0.0, height * down), (width * across, height * down)]
    return around((x * across + dx * cos - dy * sin, y * down + dx * sin + dy * cos) for dx, dy in sides)


def label_of(part: Mapping[str, Any]) -> str:
    """The first label of a rectangle; "" for none."""
    value = part.get("value")
    named = value.get(studio.RECTANGLES) if isinstance(value, Mapping) else None
    return str(named[0]).strip() if isinstance(named, list) and named else ""


def rectangles_of(annotation: Mapping[str, Any] | None) -> list[tuple[int, Mapping[str, Any]]]:
    """Place and part of each rectangle with labels."""
    parts = enumerate(studio.results_of(annotation))
    return [(at, each) for at, each in parts if isinstance(each, dict) and each.get("type") == studio.RECTANGLES]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _parsed(tasks: Sequence[studio.Task], source: Source) -> Annotations:
    home = source.images or source.path.parent
    pictures = []
    for at, task in enumerate(tasks):
        name = studio.picture_name(task, home)
        parts = rectangles_of(studio.annotation_of(task))
        size = _size(task, home / name)
        items = [Item(place, label_of(part), corners_of(part, size)) for place, part in parts]
        own = studio.scalars_of(task, ("image", "id", "width", "height"))
        pictures.append(Picture(at, name, size, items, own))
    return _listed.annotations_of(pictures, source)


def _size(task: studio.Task, picture: Path) -> tuple[float, float]:
    found = (studio.annotation_of(task), studio.prediction_of(task))
    for part in (part for each in found for _at, part in rectangles_of(each)):
        width, height = part.get("original_width"), part.get("original_height")
        if isinstance(width, int | float) and isinstance(height, int | float) and min(width, height) > 0:
            return float(width), float(height)
    return picture_size(picture)


def _edit(tasks: Sequence[studio.Task], before: Annotations, after: Annotations, needed: Edits) -> None:
    places = {*before.boxes.image[list(needed.removed)].tolist(), *after.boxes.image[list(needed.added)].tolist(),
              *before.boxes.image[[old for old, _new in needed.changed]].tolist()}  # fmt: skip
    results: dict[int, list[Any]] = {at: studio.results_of(studio.annotation_of(tasks[at])) for at in places}
    for old, new in needed.changed:
        at, place = int(before.boxes.image[old]), int(before.records[old])
        part = results[at][place]
        label = after.categories[after.boxes.label[new]]
        value = {**part["value"], studio.RECTANGLES: [label]}
        moved = _value(after, new) if is_moved(before, after, old, new) else {}
        results[at][place] = {**part, "value": value | moved}
    for old in needed.removed:
        results[int(before.boxes.image[old])][int(before.records[old])] = None
    like = next((part for task in tasks for _at, part in rectangles_of(studio.annotation_of(task))), {})
    for new in needed.added:
        at = int(after.boxes.image[new])
        results[at].append(_part(after, new, f"{at} {len(results[at])}", like))
    for at, found in results.items():
        kept = [each for each in found if each is not None]
        annotation = studio.annotation_of(tasks[at])
        if annotation is None:
            tasks[at]["annotations"] = [*(tasks[at].get("annotations") or []), {"result": kept}]
        else:
            annotation["result"] = kept


def _value(annotations: Annotations, index: int) -> dict[str, Any]:
    """The place of a box in percent of its picture."""
    boxes = annotations.boxes
    left, top, right, bottom = boxes.xyxy[index].tolist()
    across, down = (side or 1.0 for side in annotations.size_px[boxes.image[index]].tolist())
    shares = {"x": left / across, "y": top / down, "width": (right - left) / across, "height": (bottom - top) / down}
    return {name: round(100 * share, DIGITS) for name, share in shares.items()} | {"rotation": 0}


def _part(annotations: Annotations, index: int, of: str, like: Mapping[str, Any]) -> dict[str, Any]:
    """A new rectangle; of: what its id is made from; like: one of the file, whose names of the controls it has."""
    boxes = annotations.boxes
    width, height = (int(side) for side in annotations.size_px[boxes.image[index]].tolist())
    return {
        "id": hashlib.sha256(of.encode()).hexdigest()[:10],
        "from_name": like.get("from_name", "label"),
        "to_name": like.get("to_name", "image"),
        "type": studio.RECTANGLES,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {**_value(annotations, index), studio.RECTANGLES: [annotations.categories[boxes.label[index]]]},
    }


def _fresh(annotations: Annotations) -> list[dict[str, Any]]:
    """New tasks of files in the local storage; crowd and ignore regions, unknown to Label Studio, are left out."""
    names = annotations.images["file_name"].to_pylist()
    tasks = [{"data": {"image": LOCAL + name}, "annotations": [{"result": []}]} for name in names]
    boxes = annotations.boxes
    for index, image in enumerate(boxes.image.tolist()):
        if not boxes.is_ignored[index]:
            found = tasks[image]["annotations"][0]["result"]
            found.append(_part(annotations, index, f"{image} {len(found)}", {}))
    return tasks
