"""The learning curve as SVG, drawn without a library, so that a report is one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

import numpy as np

from hem_core.loop.curve import Point, curve
from hem_core.loop.measures import SHARE, Measure

COLOURS = {"mined": "#d1495b", "random": "#30638e", "all": "#6b7280"}
WORDS = {"mined": "mined", "random": "random additions", "all": "all data"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 56, 150, 16, 44


@dataclass(frozen=True)
class Scale:
    """The position of a number of examples and a value, in pixels; both ends of both are within the frame."""

    sizes: Sequence[int]
    low: float
    high: float
    is_share: bool

    def x(self, n: float) -> float:
        first, last = min(self.sizes), max(*self.sizes, min(self.sizes) + 1)
        return LEFT + (n - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def words(self, value: float) -> str:
        """What stands beside a line of the grid."""
        if self.is_share:
            return f"{value * 100:.1f}%"
        return f"{value:,.{max(0, 1 - floor(log10(self.high - self.low)))}f}"


def chart(points: Sequence[Point], measure: Measure) -> str:
    """The means of the arms over n as lines, each seed's model as a dot, all data as a dashed line.

    points: one a model, with the column of the measure.
    """
    scale, name, words = _scale(points, measure), measure.column, measure.words
    parts, ends = [_axes(scale, words)], []
    for arm in [arm for arm in COLOURS if any(point["arm"] == arm for point in points)]:
        own = [point for point in points if point["arm"] in (("all",) if arm == "all" else ("start", arm))]
        if arm != "all":
            parts += [_dot(scale.x(point["n"]), scale.y(point[name]), COLOURS[arm]) for point in own]
        line = [(scale.x(entry["n"]), scale.y(entry[name]["mean"])) for entry in curve(own, [measure])]
        if arm == "all":
            line = [(float(LEFT), line[0][1]), (float(WIDTH - RIGHT), line[0][1])]
        parts.append(_line(line, COLOURS[arm], dashes="5 4" if arm == "all" else ""))
        ends.append((line[-1][1], arm))
    title = escape(f"{words} over the number of training examples", quote=True)
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">'
    return "".join([head, *parts, *_names(ends), "</svg>"])


def _scale(points: Sequence[Point], measure: Measure) -> Scale:
    values, is_share = [point[measure.column] for point in points], measure.unit == SHARE
    reach = max(values) - min(values)
    pad = max(0.005, reach * 0.08) if is_share else max(reach * 0.08, abs(max(values)) * 0.005, 1e-9)
    sizes = sorted({int(point["n"]) for point in points if point["arm"] != "all"})
    lowest, highest = min(values) - pad, max(values) + pad
    if min(values) >= 0:
        lowest = max(0.0, lowest)
    return Scale(sizes, lowest, min(1.0, highest) if is_share else highest, is_share)


def _axes(scale: Scale, words: str) -> str:
    parts = []
    for value in np.linspace(scale.low, scale.high, 5).tolist():
        y = scale.y(value)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{scale.words(value)}</text>'
        )
    for n in scale.sizes:
        parts.append(f'<text x="{scale.x(n):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{n:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">training examples; {escape(words)}</text>')
    return "".join(parts)


def _line(points: list[tuple[float, float]], colour: str, *, dashes: str = "") -> str:
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}" fill-opacity="0.35"/>'


def _names(ends: list[tuple[float, str]]) -> list[str]:
    """Names at the right ends of the lines, moved apart where they would touch."""
    parts, lowest = [], -np.inf
    for height, arm in sorted(ends):
        lowest = max(height, lowest + 16)
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{lowest + 4:.1f}" fill="{COLOURS[arm]}" font-weight="600">'
            f"{WORDS[arm]}</text>"
        )
    return parts
