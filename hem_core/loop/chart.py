"""The learning curve as SVG, drawn without a library, so that a report is one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from hem_core.loop.curve import Point, curve

COLOURS = {"mined": "#d1495b", "random": "#30638e", "all": "#6b7280"}
WORDS = {"mined": "mined", "random": "random additions", "all": "all data"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 56, 150, 16, 44


@dataclass(frozen=True)
class Scale:
    """The position of a number of examples and a share, in pixels; both ends of both are within the frame."""

    sizes: Sequence[int]
    low: float
    high: float

    def x(self, n: float) -> float:
        first, last = min(self.sizes), max(*self.sizes, min(self.sizes) + 1)
        return LEFT + (n - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, share: float) -> float:
        return HEIGHT - BOTTOM - (share - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def chart(points: Sequence[Point], measure: str, words: str) -> str:
    """The means of the arms over n as lines, each seed's model as a dot, all data as a dashed line.

    points: one a model; measure: a share among its measures; words: what it is called.
    """
    scale = _scale(points, measure)
    parts, ends = [_axes(scale, words)], []
    for arm in [arm for arm in COLOURS if any(point["arm"] == arm for point in points)]:
        own = [point for point in points if point["arm"] in (("all",) if arm == "all" else ("start", arm))]
        if arm != "all":
            parts += [_dot(scale.x(point["n"]), scale.y(point[measure]), COLOURS[arm]) for point in own]
        line = [(scale.x(entry["n"]), scale.y(entry[measure]["mean"])) for entry in curve(own)]
        if arm == "all":
            line = [(float(LEFT), line[0][1]), (float(WIDTH - RIGHT), line[0][1])]
        parts.append(_line(line, COLOURS[arm], dashes="5 4" if arm == "all" else ""))
        ends.append((line[-1][1], arm))
    title = escape(f"{words} over the number of training examples", quote=True)
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">'
    return "".join([head, *parts, *_names(ends), "</svg>"])


def _scale(points: Sequence[Point], measure: str) -> Scale:
    shares = [point[measure] for point in points]
    pad = max(0.005, (max(shares) - min(shares)) * 0.08)
    sizes = sorted({int(point["n"]) for point in points if point["arm"] != "all"})
    return Scale(sizes, max(0.0, min(shares) - pad), min(1.0, max(shares) + pad))


def _axes(scale: Scale, words: str) -> str:
    parts = []
    for share in np.linspace(scale.low, scale.high, 5).tolist():
        y = scale.y(share)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share * 100:.1f}%</text>'
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
