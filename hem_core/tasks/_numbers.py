"""Numbers as they are written: read from labels, printed for people."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from hem_core.number_rows import joined, split

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
SHARP = 6
"""Digits that are printed at most behind the point."""
MOST_NUMBERS = 0.95
"""Share of the labels that must be numbers; the others are typing errors."""
MOST_CLASSES, CLASSES_PER_EXAMPLE = 50, 0.05
"""Up to this many different whole numbers, or this many for each example, are classes."""


def read_numbers(labels: Sequence[str | None]) -> tuple[np.ndarray, bool]:
    """Labels as numbers (N,) float32, NaN where one is missing or is no finite number; and whether 12,5 meant 12.5.

    A comma is the decimal one where every label that is a number is written with it or is whole, and none has a point.
    """
    texts = [None if label is None else str(label).strip() for label in labels]
    has_comma = any(text is not None and _COMMA.fullmatch(text) for text in texts)
    has_point = any(text is not None and "." in text for text in texts)
    is_decimal = has_comma and not has_point
    return np.array([_number(text, is_decimal) for text in texts], dtype=np.float32), is_decimal


def look_like_numbers(labels: Sequence[str | None], *, may_be_whole: bool = True, is_decimal: bool = False) -> bool:
    """Whether labels are probably numbers to predict, not classes: at least 95% are numbers, and one of them is not
    whole, or there are more different ones than classes have.

    may_be_whole: whether whole numbers alone can be such. is_decimal: whether more than two whole ones are, because
    their predictions are decimal.
    """
    there = [label for label in labels if label is not None and label.strip()]
    values, _is_comma = read_numbers(there)
    known = values[~np.isnan(values)]
    if not len(known) or len(known) < MOST_NUMBERS * len(there):
        return False
    if bool(np.any(known != np.round(known))):
        return True
    n_different = len(np.unique(known))
    if is_decimal:
        return n_different > 2
    return may_be_whole and n_different > max(MOST_CLASSES, CLASSES_PER_EXAMPLE * len(known))


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


def read_rows(labels: Sequence[str | None], n_outputs: int = 0) -> tuple[np.ndarray, list[bool], bool]:
    """Labels that hold several numbers, (N, D) float32, NaN where one is missing or is none; which labels hold
    something that is no number, or another count than the others (all of such a row is NaN); and whether 12,5 meant
    12.5. n_outputs: D; 0 for the most frequent count.
    """
    rows = [None if label is None else split(label) for label in labels]
    counts = Counter(len(row) for row in rows if row is not None)
    width = n_outputs or (counts.most_common(1)[0][0] if counts else 1)
    is_whole = [row is not None and len(row) == width for row in rows]
    cells = [row if row is not None and fits else [None] * width for row, fits in zip(rows, is_whole, strict=True)]
    read = [read_numbers(column) for column in zip(*cells, strict=True)] if cells else []
    values = np.stack([column for column, _comma in read], axis=1) if read else np.zeros((0, width), np.float32)
    is_odd = [row is not None and not fits for row, fits in zip(rows, is_whole, strict=True)]
    for index, row in enumerate(cells):
        if any(cell is not None and np.isnan(value) for cell, value in zip(row, values[index], strict=True)):
            is_odd[index], values[index] = True, np.nan
    return values, is_odd, any(is_comma for _column, is_comma in read)


def written_rows(columns: Sequence[Sequence[str | None]]) -> list[str | None]:
    """D columns of N texts as N texts that `read_rows` reads; None where none of a row is known."""
    return [joined(row) for row in zip(*columns, strict=True)]
