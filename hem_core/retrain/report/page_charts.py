"""The charts of the printed report, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH = 460
LEFT, RIGHT = 150, 14
INK, SOFT, LINE, CONTROL, CURATED = "#1d2430", "#667085", "#d0d5dd", "#98a2b3", "#3b5bdb"
GOOD, BAD = "#12805c", "#c0362c"


def forest(table: Sequence[Mapping[str, Any]], comparison: str) -> str:
    """One line per measure in % that has an interval: the difference in points, right of 0 where curated is better."""
    rows = [row for row in table if row["unit"] == "%" and row["difference"].get(comparison, {}).get("low") is not None]
    signs = [1 if row["better"] == "higher" else -1 for row in rows]
    ends = [
        sorted((sign * row["difference"][comparison]["low"], sign * row["difference"][comparison]["high"]))
        for sign, row in zip(signs, rows, strict=True)
    ]
    reach = _nice(max([abs(end) for pair in ends for end in pair] + [0.5]))
    x = _scale(-reach, reach)
    step, top = 22, 8
    height = top + step * len(rows) + 34
    parts = [_grid(x, [-reach, -reach / 2, 0, reach / 2, reach], top, height - 34, signed=True)]
    for at, (row, sign, (low, high)) in enumerate(zip(rows, signs, ends, strict=True)):
        y = top + step * at + step / 2
        mean = sign * row["difference"][comparison]["mean"]
        colour = GOOD if low > 0 else BAD if high < 0 else SOFT
        parts.append(_text(LEFT - 8, y + 4, _short(row["measure"]), anchor="end"))
        parts.append(
            f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(f'<circle cx="{x(mean):.1f}" cy="{y}" r="4" fill="{colour}"/>')
    parts.append(_text(x(-reach), height - 4, "← control better", SOFT))
    parts.append(_text(x(reach), height - 4, "curated better, points →", SOFT, anchor="end"))
    return _svg(height, parts, "Differences of curated and control with their intervals")


def flow_bars(flow: Mapping[str, Any]) -> str:
    """Fixed and regressed test examples, compared with a change of seed alone."""
    churn = flow["churn"] or {}
    rows = []
    for name, colour in (("fixed", GOOD), ("regressed", BAD)):
        rows.append((name, flow[name]["mean"], colour))
        if name in churn:
            rows.append((f"{name}, seed to seed", churn[name]["mean"], CONTROL))
    most = max([value for _, value, _ in rows] + [1.0])
    step, height = 22, 22 * len(rows) + 6
    room = WIDTH - LEFT - RIGHT - 44
    parts = []
    for at, (name, value, colour) in enumerate(rows):
        y = step * at + 3
        parts.append(_text(LEFT - 8, y + 13, name, anchor="end"))
        parts.append(
            f'<rect x="{LEFT}" y="{y + 2}" width="{room * value / most:.1f}" height="14" rx="2" fill="{colour}"/>'
        )
        parts.append(_text(LEFT + room * value / most + 6, y + 13, f"{value:.1f}"))
    return _svg(height, parts, "Fixed and regressed test examples")


def dumbbells(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """Accuracy of control (grey) and curated (blue) in each part of the test; bold where the change is significant."""
    if not rows:
        return '<p class="small">No part of the test is large enough.</p>'
    values = [row["arms"][arm]["mean"] for row in rows for arm in ("control", "curated")]
    low = max(0.0, math.floor((min(values) - 2) / 5) * 5)
    x = _scale(low, 100.0)
    step, top = 18, 20
    height = top + step * len(rows) + 18
    legend = f'<circle cx="{LEFT + 4}" cy="7" r="4" fill="{CONTROL}"/>' + _text(LEFT + 12, 11, "control", SOFT)
    legend += f'<circle cx="{LEFT + 74}" cy="7" r="4" fill="{CURATED}"/>' + _text(LEFT + 82, 11, "curated", SOFT)
    parts = [legend, _grid(x, [low, (low + 100) / 2, 100.0], top, height - 18)]
    for at, row in enumerate(rows):
        y = top + step * at + step / 2
        before, after = (x(row["arms"][arm]["mean"]) for arm in ("control", "curated"))
        is_sure = row.get("p_holm", 1.0) < 0.05
        words = f"{_cut(str(row[name]), 21)} ({row['n']:,})"
        parts.append(_text(LEFT - 8, y + 4, words, anchor="end", bold=is_sure))
        parts.append(f'<line x1="{before:.1f}" x2="{after:.1f}" y1="{y}" y2="{y}" stroke="{LINE}" stroke-width="3"/>')
        parts.append(f'<circle cx="{before:.1f}" cy="{y}" r="4" fill="{CONTROL}"/>')
        parts.append(f'<circle cx="{after:.1f}" cy="{y}" r="4" fill="{CURATED}"/>')
    return _svg(height, parts, "Accuracy of control and curated by part of the test")


def _scale(low: float, high: float) -> Any:
    room = WIDTH - LEFT - RIGHT
    return lambda value: LEFT + room * (value - low) / max(high - low, 1e-9)


def _grid(x: Any, ticks: Sequence[float], top: float, bottom: float, *, signed: bool = False) -> str:
    parts = []
    for tick in ticks:
        colour = SOFT if signed and tick == 0 else "#eaecf0"
        parts.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top}" y2="{bottom}" stroke="{colour}"/>')
        words = (f"{tick:+g}" if signed and tick else f"{tick:g}").replace("-", "−")
        parts.append(_text(x(tick), bottom + 13, words, SOFT, anchor="middle"))
    return "".join(parts)


def _text(x: float, y: float, words: str, colour: str = INK, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def _svg(height: float, parts: Sequence[str], label: str) -> str:
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">{inside}</svg>'


def _nice(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _short(measure: str) -> str:
    return _cut(measure.replace("temperature scaled", "scaled"), 26)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
