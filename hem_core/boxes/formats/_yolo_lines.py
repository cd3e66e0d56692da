"""Lines of YOLO's label files: a class and a box in parts of the image, a polygon, or a box with a confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

LARGEST = 1e6
"""Numbers from which on they are no parts of an image."""


@dataclass(frozen=True)
class Line:
    """One line that is not blank."""

    place: int
    """Which line of the file it is, from 0."""
    label: int
    """Number of the class; -1 where the line cannot be read."""
    cxcywh: tuple[float, ...]
    """Centre, width and height in parts of the image; NaN where they cannot be read."""
    confidence: float
    """NaN where there is none."""
    is_polygon: bool


_UNREADABLE = (math.nan,) * 4


def lines_of(content: bytes) -> list[Line]:
    """The lines of a file. A polygon (a class and at least 3 corners) becomes the box around it."""
    rows = enumerate(content.decode("utf-8", "replace").split("\n"))
    return [_line(place, row.split()) for place, row in rows if row.strip()]


def text_of(label: int, cxcywh: np.ndarray) -> str:
    """A line for a box (4,), without its end."""
    return " ".join([str(label), *(f"{value:.10g}" for value in cxcywh.tolist())])


def _line(place: int, tokens: list[str]) -> Line:
    try:
        label, *numbers = [float(token) for token in tokens]
    except ValueError:
        return Line(place, -1, _UNREADABLE, math.nan, False)
    if not label.is_integer() or label < 0 or not all(abs(number) < LARGEST for number in numbers):
        return Line(place, -1, _UNREADABLE, math.nan, False)
    if len(numbers) in (4, 5):
        return Line(place, int(label), tuple(numbers[:4]), numbers[4] if len(numbers) == 5 else math.nan, False)
    if len(numbers) >= 6 and len(numbers) % 2 == 0:
        across, down = numbers[::2], numbers[1::2]
        size = max(across) - min(across), max(down) - min(down)
        return Line(place, int(label), (min(across) + size[0] / 2, min(down) + size[1] / 2, *size), math.nan, True)
    return Line(place, -1, _UNREADABLE, math.nan, False)
