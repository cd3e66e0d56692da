"""Numbers as they are written: read from labels, printed for people."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
SHARP = 6
"""Digits that are printed at most behind the point."""


def read_numbers(labels: Sequence[str | None]) -> tuple[np.ndarray, bool]:
    """Labels as numbers (N,) float32, NaN where one is missing or is no finite number; and whether 12,5 meant 12.5.

    A comma is the decimal one where every label that is a number is written with it or is whole, and none has a point.
    """
    texts = [None if label is None else str(label).strip() for label in labels]
    has_comma = any(text is not None and _COMMA.fullmatch(text) for text in texts)
    has_point = any(text is not None and "." in text for text in texts)
    is_decimal = has_comma and not has_point
    return np.array([_number(text, is_decimal) for text in texts], dtype=np.float32), is_decimal


def _number(text: str | None, is_decimal_comma: bool) -> float:
    if text is None:
        return math.nan
    plain = text.replace(",", ".") if is_decimal_comma and _COMMA.fullmatch(text) else text
    if not _PLAIN.fullmatch(plain):
        return math.nan
    value = float(plain)
    return value if abs(value) < float(np.finfo(np.float32).max) else math.nan


def written_exactly(values: np.ndarray) -> list[str | None]:
    """Each of values (N,) in the fewest digits that read back as the same float32; None for NaN."""
    return [None if np.isnan(value) else _shortest(value) for value in np.asarray(values, np.float32)]


def _shortest(value: np.float32) -> str:
    if value and not 1e-5 <= abs(float(value)) < 1e16:
        return np.format_float_scientific(value, unique=True, trim="-")
    return np.format_float_positional(value, unique=True, trim="-")


def rounded(values: np.ndarray, spread: float) -> list[str | None]:
    """Each of values (N,) to the second digit of `spread`; None for NaN."""
    digits = decimals(spread)
    return [None if np.isnan(value) else in_digits(value, digits) for value in np.asarray(values, np.float64).tolist()]


def in_digits(value: float, digits: int) -> str:
    """A number with so many digits behind the point: 151, 0.25, 1.2e+20."""
    text = f"{value:.{digits}f}" if abs(value) < 1e16 else f"{value:.3g}"
    return text.removeprefix("-") if not float(text) else text


def decimals(spread: float) -> int:
    """How many digits behind the point show two digits of `spread`, 0 .. 6."""
    if not math.isfinite(spread) or spread <= 0:
        return 2
    return min(SHARP, max(0, 1 - math.floor(math.log10(spread))))
