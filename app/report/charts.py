"""The figures of a report as SVG text: ink on paper, with every number that a bar stands for."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import numpy as np
import pandas as pd

from app import theme, words
from app.wire import distribution
from app.wire.distribution import Headline, counted, is_skewed
from hem_core.store.definitions import WRONG

WIDTH = 480
INK, SOFT, LINE = "#1d2430", "#667085", "#d0d5dd"
SPLIT = "The height of a bar is logarithmic; within it the colours have the shares that the counts have."
LETTER_PX = 5.6
"""A letter of the font of 11 px is about so wide."""


def histogram(table: pd.DataFrame, headline: Headline, *, rows: str) -> str:
    """How many rows in each bin of the headline column, right and wrong ones stacked; the same bins as on Overview.

    table: the column and `error`. Counts stand on a logarithmic axis where one bin dwarfs the others; then the wrong
    ones have their share of a bar's height, which a note says.
    """
    borders, right, wrong = counted(table, headline)
    total = right + wrong
    is_log = is_skewed(total)
    tall = np.log10(total + 1) if is_log else total.astype(float)
    top, bottom, left, height = 18.0, 158.0, 46.0, 200.0
    room = (WIDTH - left - 8) / len(total)
    scale = (bottom - top) / max(1e-9, tall.max())
    parts = [_key(left, (("predicted right", theme.RIGHT), ("predicted wrong", theme.WRONG)))]
    for k, (whole, bad, size) in enumerate(zip(total.tolist(), wrong.tolist(), tall.tolist(), strict=True)):
        part = size * scale * bad / whole if whole else 0.0
        x = left + k * room + 0.5
        parts.append(_bar(x, bottom - size * scale, room - 1, size * scale - part, theme.RIGHT))
        parts.append(_bar(x, bottom - part, room - 1, part, theme.WRONG))
    parts += [_rule(left, bottom, WIDTH - 8, bottom), *_ticks_up(total, left, top, bottom, is_log=is_log)]
    for k in sorted({0, len(total) // 4, len(total) // 2, 3 * len(total) // 4, len(total)}):
        parts.append(_text(left + k * room, bottom + 14, f"{borders[k]:.3g}", SOFT, anchor="middle"))
    unit = f" ({headline.unit})" if headline.unit and headline.unit not in headline.title else ""
    axis = f"{headline.title}{unit}{', log axis' if headline.is_log else ''}"
    parts.append(_text((left + WIDTH) / 2, bottom + 32, axis, INK, anchor="middle"))
    parts.append(_text(4, 10, f"{rows}{', log axis' if is_log else ''}", SOFT))
    note = f'<p class="small">{escape(SPLIT)}</p>' if is_log else ""
    return _svg(height, parts, f"Distribution of {headline.title}") + note


def bars(counts: pd.Series, colours: Sequence[str]) -> str:
    """A horizontal bar for each name of `counts`, with its number and share; from top to bottom as they come."""
    left, step = _room_for(counts.index), 19.0
    room, most, whole = WIDTH - left - 96, max(1, counts.max() if len(counts) else 1), max(1, counts.sum())
    parts = []
    for k, (name, n, colour) in enumerate(zip(counts.index, counts.tolist(), colours, strict=True)):
        y = 4 + k * step
        parts.append(_text(left - 8, y + 11, _cut(str(name), left), anchor="end"))
        parts.append(_bar(left, y + 2, max(1.0, room * n / most), 12, colour))
        parts.append(_text(left + room * n / most + 6, y + 11, f"{n:,} · {words.percent(n / whole)}", SOFT))
    return _svg(8 + step * len(counts), parts, "Counts by name")


def intervals(table: pd.DataFrame, whole: float) -> str:
    """Error rates with their intervals beside that of the whole; table: name, error_rate, low, high (0 .. 1)."""
    left, step, top = _room_for(table["name"]), 19.0, 4.0
    most = min(1.0, max(0.01, max(table["high"].tolist()), whole))
    bottom = top + step * len(table)

    def x(share: float) -> float:
        return left + (WIDTH - left - 20) * share / most

    parts = [_rule(x(whole), top, x(whole), bottom, dashes="3 3", colour=SOFT)]
    columns = (table[name].tolist() for name in ("name", "error_rate", "low", "high"))
    for k, (name, rate, low, high) in enumerate(zip(*columns, strict=True)):
        y = top + step * k + step / 2
        parts.append(_text(left - 8, y + 4, _cut(str(name), left), anchor="end"))
        parts.append(_rule(x(low), y, x(high), y, colour=theme.WRONG, width=1.6))
        parts.append(f'<circle cx="{x(rate):.1f}" cy="{y:.1f}" r="3.4" fill="{theme.WRONG}"/>')
    for tick in np.linspace(0, most, 5).tolist():
        parts.append(_text(x(tick), bottom + 14, words.percent(tick, 0 if most > 0.1 else 1), SOFT, anchor="middle"))
    parts.append(_text(x(whole), bottom + 28, f"all: {words.percent(whole)}", SOFT, anchor="middle"))
    return _svg(bottom + 34, parts, "Error rates with their intervals")


def errors(values: pd.Series) -> str:
    """How many rows have each error, 0 right .. 1 wrong; values (N,)."""
    borders, counts = distribution.errors(values)
    names = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(borders)]
    return bars(pd.Series(counts, names), [theme.WRONG if low >= WRONG else theme.RIGHT for low in borders[:-1]])


def _ticks_up(total: np.ndarray, left: float, top: float, bottom: float, *, is_log: bool) -> list[str]:
    most = int(total.max())
    ticks = [10**k for k in range(len(str(most)))] if is_log else sorted({0, most // 2, most})
    of = (lambda n: np.log10(n + 1) / np.log10(most + 1)) if is_log else (lambda n: n / max(1, most))
    return [_text(left - 5, bottom - (bottom - top) * of(n) + 4, f"{n:,}", SOFT, anchor="end") for n in ticks]


def _room_for(names: object) -> float:
    longest = max((len(str(name)) for name in names), default=0)  # type: ignore[attr-defined]
    return min(200.0, 16 + LETTER_PX * longest)


def _cut(text: str, room: float) -> str:
    most = max(4, int((room - 8) / LETTER_PX))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _key(x: float, items: Sequence[tuple[str, str]]) -> str:
    parts, at = [], x + 190
    for name, colour in items:
        parts.append(_bar(at, 2, 9, 9, colour) + _text(at + 13, 10, name, SOFT))
        at += 20 + LETTER_PX * len(name)
    return "".join(parts)


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(0.0, height):.1f}" fill="{colour}"/>'


def _rule(
    x1: float, y1: float, x2: float, y2: float, *, colour: str = LINE, width: float = 1.0, dashes: str = ""
) -> str:
    style = f'stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dashes}"'
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>'


def _text(x: float, y: float, text: str, colour: str = INK, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, parts: Sequence[str], label: str) -> str:
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">{inside}</svg>'
