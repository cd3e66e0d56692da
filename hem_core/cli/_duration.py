"""A time as people type it: 90s, 30m, 1h30m."""

from __future__ import annotations

import re

from hem_core.errors import HemError

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(h|m(?:in)?|s)")
_SECONDS = {"h": 3600, "m": 60, "s": 1}


def seconds_of(text: str | None, option: str) -> float | None:
    """The text as seconds; None for None. Raises HemError, naming the option, unless it is a time above 0."""
    if text is None:
        return None
    plain = text.strip().lower()
    parts = [(float(number), unit[0]) for number, unit in _PART.findall(plain)]
    total = sum(number * _SECONDS[unit] for number, unit in parts)
    if not parts or _PART.sub("", plain).strip() or total <= 0:
        raise HemError(f"{option} expects a time such as 90s, 30m or 1h30m; got '{text}'")
    return total


def in_words(seconds: float) -> str:
    """45 s, 12 min, 2 h 5 min."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
