"""The figure of a score: the examples of the plane, coloured by where the score ranks them. Plain SVG, no library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

WIDTH, HEIGHT, LEGEND = 560, 420, 185
SCALE, MIDDLE = 31.0, (0.0, 0.0)
"""Pixels a unit, and the place in the plane that is the middle of the picture."""
RAMP = ("#dfe6f0", "#c3d3e8", "#a3bfe0", "#86a8d6", "#7a8cc8", "#8169b3", "#8e4594", "#90246f", "#7c0d47", "#520023")
"""Percentile by tens, easy to hard: lightness falls all the way, so that it reads without colours too."""
REASONS = {
    "mislabelled": "#b2182b", "outlier": "#1b7837", "ambiguous": "#e08214", "rare": "#2166ac", "subtle": "#8073ac",
    "easy": "#d3d9e2", "unsure": "#8c8c8c",
}  # fmt: skip
WORDS = {"flip": "flipped label", "rare": "rare mode", "outlier": "far outlier"}


def figure(
    title: str,
    x: np.ndarray,
    kind: np.ndarray,
    shade: Sequence[int] | Sequence[str],
    middles: Mapping[str, tuple[float, float]],
    steps: np.ndarray,
) -> str:
    """SVG of N examples.

    x (N, 2); kind (N,) "regular" or a key of WORDS, ringed by its own shape; shade (N,) places in RAMP, or reasons;
    middles: where to write each class's name; steps (S, 4) of `borders`.
    """
    rings = [_ring(*_at(x[row]), kind[row]) for row in np.flatnonzero(kind != "regular")]
    sides = [(*_at(step[:2]), "hv"[int(step[3])], step[2] * SCALE) for step in steps]
    lines = "".join("M{:.1f} {:.1f}{}{:.1f}".format(*side) for side in sides)
    names = [
        f'<text x="{_at(at)[0]:.0f}" y="{_at(at)[1]:.0f}" class="name">{name}</text>' for name, at in middles.items()
    ]
    # On a white card of its own: one figure for pages light and dark.
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEGEND} {HEIGHT}" width="{WIDTH + LEGEND}" '
        f'height="{HEIGHT}" role="img" aria-label="{title}">',
        "<style>text{font:13px system-ui,sans-serif;fill:#24292f}.head{font-weight:600}"
        ".name{font-size:18px;font-weight:700;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:4px}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH + LEGEND - 1}" height="{HEIGHT - 1}" rx="8" fill="#fff" stroke="#d0d7de"/>',
        f'<path d="{lines}" stroke="#8c959f" stroke-width="1" fill="none"/>',
        *_dots(x, shade), *rings, *names, *_legend(title, isinstance(shade[0], str)),
        "</svg>", "",
    ])  # fmt: skip


def borders(winner: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Sides of the cells of a grid where the class in front changes: (S, 4) of x, y, length, and 1 where it is upright.

    winner (len(ys), len(xs)) class in front; xs, ys ascending and evenly spaced. It starts left or above.
    """
    wide, high = xs[1] - xs[0], ys[1] - ys[0]
    upright = np.argwhere(winner[:, 1:] != winner[:, :-1])  # (S, 2) row, column
    level = np.argwhere(winner[1:] != winner[:-1])
    return np.concatenate([
        [(xs[column] + wide / 2, ys[row] + high / 2, high, 1) for row, column in upright],
        [(xs[column] - wide / 2, ys[row] + high / 2, wide, 0) for row, column in level],
    ])  # fmt: skip


def _at(place: Sequence[float] | np.ndarray) -> tuple[float, float]:
    return WIDTH / 2 + SCALE * (place[0] - MIDDLE[0]), HEIGHT / 2 - SCALE * (place[1] - MIDDLE[1])


def _dots(x: np.ndarray, shade: Sequence[int] | Sequence[str]) -> list[str]:
    """One path of round points for each shade, the hardest on top; under them all their rims."""
    colours = [REASONS[each] if isinstance(each, str) else RAMP[each] for each in shade]
    points = ["M{:.1f} {:.1f}h0".format(*_at(place)) for place in x]
    layers = [("#57606a", 7.2, points)]
    for colour in ("#d3d9e2", *RAMP, *REASONS.values()):
        here = [point for point, own in zip(points, colours, strict=True) if own == colour]
        if here and all(colour != drawn for drawn, _width, _points in layers):
            layers.append((colour, 6.2, here))
    return [
        f'<path d="{"".join(here)}" stroke="{colour}" stroke-width="{width}" stroke-linecap="round"/>'
        for colour, width, here in layers
    ]


def _ring(x: float, y: float, kind: str) -> str:
    if kind == "flip":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#000" stroke-width="1.3"/>'
    if kind == "rare":
        return (
            f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="none" stroke="#0550ae" '
            'stroke-width="1.6"/>'
        )
    return (
        f'<path d="M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8z" fill="none" stroke="#116329" stroke-width="1.6"/>'
    )  # fmt: skip


def _legend(title: str, has_reasons: bool) -> list[str]:
    left = WIDTH + 4
    parts = [f'<text x="{left}" y="30" class="head">{title}</text>']
    if has_reasons:
        for row, (reason, colour) in enumerate(REASONS.items()):
            parts.append(f'<circle cx="{left + 7}" cy="{52 + 22 * row}" r="5" fill="{colour}" stroke="#57606a"/>')
            parts.append(f'<text x="{left + 22}" y="{56 + 22 * row}">{reason}</text>')
    else:
        for place, colour in enumerate(RAMP):
            y = 46 + 15 * (len(RAMP) - 1 - place)
            parts.append(f'<rect x="{left}" y="{y}" width="16" height="15" fill="{colour}"/>')
        parts += [
            f'<text x="{left + 24}" y="57">hardest tenth</text>',
            f'<text x="{left + 24}" y="192">easiest tenth</text>',
        ]
    for row, (kind, words) in enumerate(WORDS.items()):
        y = 250 + 26 * row
        parts += [_ring(left + 9, y, kind), f'<text x="{left + 26}" y="{y + 4}">{words}</text>']
    parts.append(f'<path d="M{left} 328h18" stroke="#8c959f"/><text x="{left + 26}" y="332">Bayes border</text>')
    return parts
