"""What people can say of a row of the level `boxes`, and how a verdict becomes a corrected box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hem_core.boxes import box_text
from hem_core.boxes.box_text import ADDED, HOLD_A_BOX, MOVED, RELABELLED, REMOVED, TAKE_PREDICTED
from hem_core.errors import DataError
from hem_core.tasks._corrects import Choice
from hem_core.tasks._detection_drawing import corners, is_unsure, words
from hem_core.tasks._detection_reasons import decimal

OUTCOMES = {"right": "right", "Missed": "missed"}
_HARD = ("6", "hard, keep")
_SKIP = Choice("skip", "7", "skip", "looked at, without an opinion", "skip")
_NOTHING = "there is no object in this box"


def choices(part: Mapping[str, Any]) -> tuple[Choice, ...]:
    """The answers that make sense for a row, in the order of their keys."""
    return _of_given(part) if corners(part, "given") else _of_prediction(part)


def _of_given(part: Mapping[str, Any]) -> tuple[Choice, ...]:
    given, predicted = _box(part, "given"), _box(part, "predicted")
    take = "the object is where the prediction has it: take its position and its class"
    return (
        Choice("right", "1", "right as given", "the given box and its class are right", "right"),
        *([Choice("predicted", "2", "take predicted", take, MOVED, predicted)] if predicted else []),
        Choice("class", "3", "class wrong…", "the box is right, its class is wrong", RELABELLED, asks="class"),
        Choice("box", "4", "box wrong…", "drag an edge or a corner, or draw a new box", MOVED, asks="box", box=given),
        Choice("nothing", "5", "nothing here", f"{_NOTHING}: delete it", REMOVED),
        Choice("hard", _HARD[0], _HARD[1], "the given box is right, and the object is hard: keep it", "hard"),
        _SKIP,
    )


def _of_prediction(part: Mapping[str, Any]) -> tuple[Choice, ...]:
    found = _box(part, "predicted")
    add = "an object is missing here: add the predicted box with its class"
    other = "an object is missing here: add the predicted box with another class"
    draw = "an object is missing here: correct the predicted box, then add it"
    hard = "nothing is missing, and the background is easily taken for an object: keep it"
    return (
        Choice("right", "1", "right: nothing here", "nothing is given here, and that is right", "right"),
        Choice("predicted", "2", "missing: add the predicted box", add, ADDED, found),
        Choice("class", "3", "add as another class…", other, ADDED, asks="class", box=found),
        Choice("box", "4", "add another box…", draw, ADDED, asks="box", box=found),
        Choice("hard", _HARD[0], _HARD[1], hard, "hard"),
        _SKIP,
    )


def blind_choices() -> tuple[Choice, ...]:
    """What can be said without a class."""
    return Choice("nothing", "5", "nothing here", _NOTHING, ""), _SKIP


def bulk_choices() -> tuple[Choice, ...]:
    """What can be said of many rows at once: what holds no box of its own."""
    given = "what is given is right, also where nothing is given"
    take = "the object is where the prediction of each box has it: take its position and its class"
    return (
        Choice("right", "", "right as given", given, "right"),
        Choice("predicted", "", "take predicted", take, TAKE_PREDICTED, needs="predicted"),
        Choice("nothing", "", "nothing here", "there is no object in these boxes: delete them", REMOVED, needs="given"),
        Choice("hard", "", _HARD[1], "what is given is right, and hard: keep it", "hard"),
        Choice("skip", "", "skip", "looked at, without an opinion", "skip"),
    )


def answered(part: Mapping[str, Any], label: str) -> tuple[str, str]:
    """The verdict, as tag and value, of a class that was named for a box without sight of the label; "" = nothing."""
    if corners(part, "given") is None:
        return (ADDED, _box(part, "predicted", label)) if label else ("right", "")
    if not label:
        return REMOVED, ""
    return ("right", "") if label == part["given"] else (RELABELLED, label)


def checked(part: Mapping[str, Any] | None, tag: str, value: str, size_px: tuple[float, float]) -> tuple[str, str]:
    """The value to store, cut to the image, and what was cut. Raises DataError for what cannot be stored."""
    if part is None and tag != ADDED:
        raise DataError(f"an object that is drawn into an image is '{ADDED}'; got '{tag}'")
    is_given = part is not None and corners(part, "given") is not None
    if tag in (MOVED, REMOVED) and not is_given:
        raise DataError(f"'{tag}' is about a given box; nothing is given here")
    if tag == ADDED and is_given:
        raise DataError(f"'{ADDED}' is about a place where nothing is given; here a box is: it can be '{MOVED}'")
    if tag == RELABELLED and value:
        box_text.check_label(value)
    if tag not in HOLD_A_BOX:
        return value, ""
    label, wanted = box_text.read(value)
    inside = box_text.fitted(wanted, size_px)
    cut = "" if inside == wanted else "The box was cut at the border of the image."
    return box_text.written(label, inside), cut


def scene(part: Mapping[str, Any]) -> dict[str, Any]:
    """What is drawn of a row, as JSON."""
    confidence, iou = (_decimal(part.get(name)) for name in ("confidence", "iou"))
    numbers = [f"confidence {confidence}" if confidence else "", f"IoU {iou}" if iou else ""]
    return {
        "id": str(part["id"]),
        "outcome": OUTCOMES.get(str(part["type"]), "wrong"),
        "words": words(part),
        "given": corners(part, "given"),
        "predicted": corners(part, "predicted"),
        "given_label": part.get("given"),
        "predicted_label": part.get("predicted"),
        "is_unsure": is_unsure(part),
        "numbers": " · ".join(each for each in numbers if each),
    }


def _box(part: Mapping[str, Any], which: str, label: str = "") -> str:
    """The given or the predicted box of a row as text; "" without one."""
    found = corners(part, which)
    return box_text.written(label or str(part[which]), found) if found else ""


def _decimal(number: Any) -> str:
    """Two digits, as `.38`, never rounded up to a limit, as in the evidence; "" for what is not known."""
    if not isinstance(number, float) or number != number:
        return ""
    return decimal(number)
