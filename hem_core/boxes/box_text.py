"""A box and its class as one line of text, `WBC [12, 30, 55.5, 80]`: what a verdict stores of a corrected box."""

from __future__ import annotations

import math
import re
import unicodedata

from hem_core.errors import DataError

RELABELLED, MOVED, ADDED, REMOVED = "mislabelled", "moved", "added", "removed"
"""The verdicts that correct a box: its class, its place, one that was missing, one that should not be there."""
TAKE_PREDICTED = "take predicted"
"""The verdict that corrects many boxes at once: the object is where the prediction of each has it, with its class."""
HOLD_A_BOX = (MOVED, ADDED)
"""Those whose value is the text of a box."""
Corners = tuple[float, float, float, float]
LEAST_PX = 1.0
"""Width and height of the smallest box that can be stored."""
DECIMALS = 2
"""Digits after the point of a side in px: nobody draws finer, and a detector's other digits say nothing."""
LONGEST_LABEL = 255
_WRITTEN = re.compile(r"(?s)\A(.*) \[([^\[\]]*)\]\Z")


def written(label: str, xyxy: Corners) -> str:
    """The text of a box: its class, then left, top, right and bottom in px, to 1 / 100 px."""
    return f"{label} [{', '.join(_number(side) for side in xyxy)}]"


def read(text: str) -> tuple[str, Corners]:
    """The class and the corners of a text as `written` gives it.

    Raises DataError for anything else: other than four finite numbers, or a class that is empty, longer than 255
    characters or has a control character.
    """
    found = _WRITTEN.match(text)
    parts = found.group(2).split(",") if found else []
    try:
        sides = [float(part) for part in parts]
    except ValueError:
        sides = []
    if found is None or len(sides) != 4 or not all(math.isfinite(side) for side in sides):
        raise DataError(f"a box is written as 'class [left, top, right, bottom]' in px; got {text!r:.120}")
    label = found.group(1)
    check_label(label)
    return label, (sides[0], sides[1], sides[2], sides[3])


def check_label(label: str) -> None:
    """Raise DataError for a text that is no name of a class."""
    if not label.strip() or len(label) > LONGEST_LABEL or any(unicodedata.category(one) == "Cc" for one in label):
        raise DataError(f"a class has a name of 1 to {LONGEST_LABEL} characters on one line; got {label!r:.80}")


def fitted(xyxy: Corners, size_px: tuple[float, float]) -> Corners:
    """The part of a box that lies inside an image of this width and height in px.

    Raises DataError where that is less than 1 px wide or high.
    """
    left, top, right, bottom = xyxy
    width, height = size_px
    inside = max(0.0, left), max(0.0, top), min(width, right), min(height, bottom)
    if inside[2] - inside[0] < LEAST_PX or inside[3] - inside[1] < LEAST_PX:
        raise DataError(
            f"the box [{', '.join(_number(side) for side in xyxy)}] has less than {LEAST_PX:g} px of width or height "
            f"inside its image of {width:g} × {height:g} px; draw a larger one"
        )
    return inside


def _number(side: float) -> str:
    """At most DECIMALS digits after the point; whole numbers without one."""
    short = round(float(side), DECIMALS)
    return str(int(short)) if short.is_integer() else repr(short)
