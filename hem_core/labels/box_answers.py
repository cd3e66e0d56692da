"""Boxes that people left on pictures in Label Studio, as its exports have them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hem_core.boxes.box_text import Corners
from hem_core.boxes.columns import SIDES
from hem_core.export._label_studio_boxes import OF_MODEL, RUN, SHOWN_BOXES, SHOWN_PREDICTIONS, SIZE, STATE, clipped
from hem_core.labels.answers_file import AT_NAMES, WHO_NAMES, example_id, first_text, is_task, person_name

RECTANGLES = "rectanglelabels"


@dataclass(frozen=True)
class Drawn:
    """One rectangle that somebody left on a picture."""

    region: str
    """Its name in Label Studio: that of the box it was, `g3`, or another one."""
    label: str
    """"" where it has no class, or several."""
    xyxy: Corners
    """NaN where it has no place."""


@dataclass(frozen=True)
class Shown:
    """One box that a task started from."""

    id: str
    label: str
    xyxy: Corners
    seen: Corners
    """The part of it inside the picture."""


@dataclass(frozen=True)
class BoxAnswer:
    """All boxes of one picture, according to one person."""

    image: str
    who: str
    at: str
    drawn: tuple[Drawn, ...] | None
    """None: looked at, and skipped."""
    shown: tuple[Shown, ...] | None
    """None where the task does not say what it started from."""
    predicted: tuple[str, ...]
    """Ids of the rows whose predicted boxes were shown."""
    run: str
    state: str
    """Digest of the annotations that were shown; "" where it was not recorded."""
    size_px: tuple[float, float]

    @property
    def starts_from_model(self) -> bool:
        """Whether the annotator was shown the boxes of the model and not the given ones, as far as the names say so."""
        names = {one.region for one in self.drawn or ()}
        given = {box.id.rpartition("#")[2] for box in self.shown or ()}
        return any(name.endswith(OF_MODEL) for name in names) and not names & given


@dataclass(frozen=True)
class BoxAnswers:
    """The answers in a file, in its order."""

    answers: list[BoxAnswer] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    without_id: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    """What could not be used, in words."""


def has_boxes(rows: Sequence[Any]) -> bool:
    """Whether the rows of a file are about boxes: tasks that HEM wrote for boxes, or answers that are rectangles."""
    return any(isinstance(row, Mapping) and (SHOWN_BOXES in _data(row) or _has_rectangles(row)) for row in rows)


def box_answers(rows: Sequence[Any], *, who: str) -> BoxAnswers:
    """The answers in the rows of a file: Label Studio's JSON, JSON-MIN, CSV or TSV.

    who: the person where a row names none. A rotated rectangle becomes the box around it; other shapes are left out and
    noted, rectangles without a class or a place are noted.
    """
    found = BoxAnswers()
    for number, row in enumerate(rows, 1):
        id = example_id(row)
        if id is None:
            found.without_id.append(number)
            continue
        answers = _of_task(row, id, who, found.odd) if is_task(row) else _of_row(row, id, who, found.odd)
        found.answers.extend(answers)
        if not answers:
            found.unanswered.append(id)
    return found


def _of_task(task: Mapping[str, Any], id: str, who: str, odd: list[str]) -> list[BoxAnswer]:
    listed = task.get("annotations") or task.get("completions")
    found = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            is_skipped = bool(one.get("was_cancelled") or one.get("skipped"))
            name = person_name(one.get("completed_by"), who)
            result = one.get("result")
            if not is_skipped and not isinstance(result, list):
                odd.append(f"{id}: an answer of {name} without a result")
                continue
            found.append(_answer(task["data"], id, (name, first_text(one, AT_NAMES)), result, odd, is_skipped))
    return [one for one in found if one is not None]


def _of_row(row: Mapping[str, Any], id: str, who: str, odd: list[str]) -> list[BoxAnswer]:
    """A row of the short exports: the regions are in the column that is named after the question."""
    name = person_name(next((row[each] for each in WHO_NAMES if row.get(each) not in (None, "")), None), who)
    is_skipped = str(row.get("was_cancelled") or "").lower() in ("true", "1")
    column = next((key for key, value in row.items() if _is_regions(_parsed(value))), "label")
    values = _parsed(row.get(column)) if _is_regions(_parsed(row.get(column))) else []
    is_answered = is_skipped or bool(values) or row.get("annotation_id") not in (None, "")
    result = [{"type": RECTANGLES, "value": value, **value} for value in values]
    answer = _answer(row, id, (name, first_text(row, AT_NAMES)), result, odd, is_skipped) if is_answered else None
    return [answer] if answer is not None else []


def _answer(
    data: Mapping[str, Any], id: str, by: tuple[str, str], result: Any, odd: list[str], is_skipped: bool
) -> BoxAnswer | None:
    regions = [each for each in result if isinstance(each, Mapping)] if isinstance(result, list) else []
    size = _size(data, regions)
    drawn: tuple[Drawn, ...] | None = None
    if not is_skipped:
        if any(_number(each.get("image_rotation") or 0) % 360 for each in regions):
            odd.append(f"{id}: the picture was rotated, so its boxes are not used")
            return None
        drawn = tuple(each for region in regions if (each := _drawn(region, id, size, odd)) is not None)
    listed = _parsed(data.get(SHOWN_BOXES))
    shown = tuple(_shown(listed, size)) if isinstance(listed, list) else None
    names = _parsed(data.get(SHOWN_PREDICTIONS))
    predicted = tuple(str(name) for name in names) if isinstance(names, list) else ()
    run, state = (str(data.get(name) or "") for name in (RUN, STATE))
    return BoxAnswer(id, *by, drawn, shown, predicted, run, state, size)


def _drawn(region: Mapping[str, Any], id: str, size: tuple[float, float], odd: list[str]) -> Drawn | None:
    value = region.get("value")
    kind = region.get("type")
    if not isinstance(value, Mapping) or kind in ("choices", "textarea", "rating", "relation"):
        return None
    if kind not in (RECTANGLES, "rectangle", None):
        odd.append(f"{id}: a region that is no rectangle ({kind})")
        return None
    labels = value.get(RECTANGLES)
    label = str(labels[0]) if isinstance(labels, list) and len(labels) == 1 else ""
    percent = [_number(value.get(each)) for each in ("x", "y", "width", "height")]
    is_placed = all(map(math.isfinite, percent)) and all(size)
    if not is_placed:
        odd.append(f"{id}: a rectangle {'in a picture of unknown size' if not all(size) else 'without a place'}")
    elif not label:
        odd.append(f"{id}: a rectangle without a class, or with several")
    turn = _number(value.get("rotation"))
    turned = turn if math.isfinite(turn) else 0.0
    xyxy = _around(percent, size, turned) if is_placed else (math.nan, math.nan, math.nan, math.nan)
    return Drawn(str(region.get("id") or ""), label, xyxy)


def _around(percent: Sequence[float], size: tuple[float, float], degrees: float) -> Corners:
    """Left, top, right and bottom in px of a rectangle, in percent of the picture, turned about its first corner.

    A negative width or height goes to the other side.
    """
    x, y, width, height = (share / 100 * size[at % 2] for at, share in enumerate(percent))
    if not degrees % 360:
        return min(x, x + width), min(y, y + height), max(x, x + width), max(y, y + height)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    turned = corners @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    (left, top), (right, bottom) = turned.min(axis=0).tolist(), turned.max(axis=0).tolist()
    return left, top, right, bottom


def _shown(listed: Sequence[Any], size: tuple[float, float]) -> list[Shown]:
    """The boxes that could be seen: ignore regions and those of less than 1 px are not among them."""
    found = []
    for box in listed:
        if not isinstance(box, Mapping) or box.get("is_ignored") or not all(side in box for side in SIDES):
            continue
        seen = clipped(box, size) if all(size) else np.asarray([box[side] for side in SIDES], np.float64)
        if seen is not None:
            left, top, right, bottom = (float(box[side]) for side in SIDES)
            whole = left, top, right, bottom
            found.append(Shown(str(box["id"]), str(box["label"]), whole, tuple(seen.tolist())))
    return found


def _size(data: Mapping[str, Any], regions: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Width and height of the picture in px, as the task or its regions have it; 0 where unknown."""
    own = [_number(data.get(name)) for name in SIZE]
    if all(side > 0 for side in own):
        return own[0], own[1]
    for region in regions:
        sides = [_number(region.get(f"original_{name}")) for name in SIZE]
        if all(side > 0 for side in sides):
            return sides[0], sides[1]
    return 0.0, 0.0


def _data(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row["data"] if is_task(row) else row


def _has_rectangles(row: Mapping[str, Any]) -> bool:
    if not is_task(row):
        return any(_is_regions(_parsed(value)) for value in row.values())
    listed = [each for name in ("annotations", "completions") for each in row.get(name) or ()]
    results = [part for each in listed if isinstance(each, Mapping) for part in each.get("result") or ()]
    return any(isinstance(part, Mapping) and part.get("type") == RECTANGLES for part in results)


def _is_regions(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, Mapping) and RECTANGLES in each for each in value)


def _parsed(value: Any) -> Any:
    """The value of a cell, which may hold JSON."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] == "[" else value
    except (ValueError, RecursionError):
        return None


def _number(value: Any) -> float:
    """A number, also as the text of a cell; NaN where it is none."""
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except ValueError:
        return math.nan
