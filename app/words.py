"""Numbers and names in words; nothing here draws."""

import re
from datetime import datetime

import pandas as pd

from hem_core.store.level import Level
from hem_core.store.level_names import counted, noun, one

__all__ = ["count", "counted", "in_figure", "moment", "noun", "one", "percent", "plain", "points", "rows", "seconds",
           "with_code"]  # fmt: skip


def count(n: int, noun: str, plural: str | None = None) -> str:
    """`1 example`, `1,797 examples`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def rows(level: Level) -> str:
    """How many rows a level has: `400 examples`, `800 boxes`."""
    return counted(level.n, level.name)


def percent(share: float | None, digits: int = 1) -> str:
    """A share in 0 .. 1 as `9.5%`; a dash when it is not known."""
    return "–" if share is None or pd.isna(share) else f"{100 * share:.{digits}f}%"


def points(share: float | None) -> str:
    """A difference of shares in 0 .. 1 as `2 points`, `2.3 points`: of a percentage."""
    if share is None or pd.isna(share):
        return "–"
    number = f"{100 * share:.1f}".removesuffix(".0")
    return f"{number} {'point' if number == '1' else 'points'}"


def seconds(value: float | None) -> str:
    """A duration: `0.3 s`, `12 s`, `4 min 10 s`, `2 h 5 min`."""
    if value is None or pd.isna(value):
        return "–"
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(n_bytes: int) -> str:
    """A number of bytes as `12 kB`, `3.4 MB`: at least 1 kB."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 100_000 else f"{max(1, round(n_bytes / 1000)):,} kB"


def moment(iso: str | None) -> str:
    """An ISO time as `23 Nov 2026, 10:00` in local time; the text itself when it is none."""
    try:
        return f"{datetime.fromisoformat(str(iso)).astimezone():%-d %b %Y, %H:%M}"
    except ValueError:
        return str(iso or "–")


def plain(text: object) -> str:
    """Text that st.markdown, labels and tooltips show verbatim: no markup, HTML, colours or icons."""
    return _escaped(_flat(text))


def with_code(text: object) -> str:
    """Text that st.markdown and captions show verbatim, but for what stands between backticks: it is set as code."""
    spans = re.split(r"(`[^`]+`)", _flat(text))
    return "".join(span if place % 2 else _escaped(span) for place, span in enumerate(spans))


def in_figure(text: object) -> str:
    """Text that Plotly shows verbatim: it would interpret a few HTML tags."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _flat(text: object) -> str:
    return " ".join(str(text).split())


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@^=])", r"\\\1", text)
