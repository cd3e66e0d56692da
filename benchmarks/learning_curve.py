"""Draws docs/figures/learning_curve.svg from a run with a curve: `python benchmarks/learning_curve.py RUN`.

After `hem demo digits --no-app` and `hem advise hem-demo/runs/digits --curve`. The nets are trained for it, so the
figure may differ from machine to machine: it is committed, and no test compares it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hem_core import open_run
from hem_core.advise import Curve, advise

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "learning_curve.svg"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 360, 64, 24, 48
"""Pixels of the figure, and of its margins."""


def main() -> None:
    """Write the figure of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    advice = advise(open_run(parser.parse_args().run))
    if advice.curve is None or advice.curve.fitted is None:
        raise SystemExit("this run has no learning curve; measure it with hem advise RUN --curve")
    parts = advice.error_parts
    wrong = parts.wrong_labels.value if parts is not None and parts.wrong_labels is not None else None
    FIGURE.write_text(drawn(advice.curve, wrong), encoding="utf-8")


def drawn(curve: Curve, wrong_labels: float | None) -> str:
    """The curve as SVG; wrong_labels: share of the examples, 0 .. 1, drawn as a level line."""
    fitted = curve.fitted
    assert fitted is not None
    top = max(max(curve.high), max(fitted.high)) * 1.05
    sizes = np.log2(np.array(fitted.sizes, float))

    def at(size: float, error: float) -> tuple[float, float]:
        share = (np.log2(size) - sizes[0]) / (sizes[-1] - sizes[0])
        return LEFT + share * (WIDTH - LEFT - 24), TOP + (1 - error / top) * (HEIGHT - TOP - BOTTOM)

    band = [at(*pair) for pair in zip(fitted.sizes, fitted.high, strict=True)]
    band += [at(*pair) for pair in zip(fitted.sizes[::-1], fitted.low[::-1], strict=True)]
    line = [at(*pair) for pair in zip(fitted.sizes, fitted.error, strict=True)]
    ends = zip(curve.sizes, curve.low, curve.high, strict=True)
    bars = [(at(size, low), at(size, high)) for size, low, high in ends]
    points = [at(*pair) for pair in zip(curve.sizes, curve.error, strict=True)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-label="learning curve">',
        "<style>text{font:13px system-ui,sans-serif;fill:#24292f}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="#fff" stroke="#d0d7de"/>',
        f'<path d="{_path(band)}Z" fill="#c3d3e8"/>',
        f'<path d="{_path(line)}" stroke="#2166ac" stroke-width="2" fill="none"/>',
        *(f'<path d="{_path(bar)}" stroke="#24292f" stroke-width="1.5"/>' for bar in bars),
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#24292f"/>' for x, y in points),
        *_level(wrong_labels, at(fitted.sizes[0], wrong_labels or 0.0)[1]),
        *_axes(curve, fitted.sizes[-1], top, at),
        "</svg>", "",
    ])  # fmt: skip


def _level(share: float | None, y: float) -> list[str]:
    if share is None:
        return []
    words = f"wrong labels: {share:.1%} of the examples"
    return [
        f'<path d="M{LEFT} {y:.1f}H{WIDTH - 24}" stroke="#b2182b" stroke-width="1.5" stroke-dasharray="6 4"/>',
        f'<text x="{LEFT + 8}" y="{y + 17:.1f}">{words}</text>',
    ]


def _axes(curve: Curve, last: int, top: float, at) -> list[str]:  # noqa: ANN001
    base = HEIGHT - BOTTOM
    parts = [f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - 24}" stroke="#57606a" fill="none"/>']
    for size in (*curve.sizes, last):
        x = at(size, 0)[0]
        parts.append(f'<text x="{x:.1f}" y="{base + 18}" text-anchor="middle">{size:,}</text>')
    for error in np.arange(0, top, 0.05 if top > 0.1 else 0.01):
        parts.append(f'<text x="{LEFT - 8}" y="{at(last, error)[1] + 4:.1f}" text-anchor="end">{error:.0%}</text>')
    middle = (LEFT + WIDTH) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">training examples, log scale</text>')
    parts.append(f'<text x="{LEFT + 8}" y="{TOP + 6}">error on held-out examples, as labelled</text>')
    return parts


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


if __name__ == "__main__":
    main()
