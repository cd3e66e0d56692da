"""Labels that are several numbers: a column for each, or a list of numbers in every row."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from hem_core.number_rows import MISSING, joined

TASK = "regression"
"""The task that such labels name."""
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
LEAST_NUMBERS, LEAST_OTHERS = 0.5, 0.05
"""Shares of the cells of a column: that are numbers at all, in every column of numbers, and that are other ones than
those that stand for yes and no, in one column at least; a typing error among tags makes no numbers of them."""
STATES = {"0", "1", "-1", "0.0", "1.0", "-1.0"}


def are_numbers(table: pa.Table, columns: Sequence[str]) -> bool:
    """Whether the columns are numbers to predict, and not the yes and no of tags."""
    cells = [[cell for cell in _cells(table[name]) if cell is not None] for name in columns]
    if not all(cells):
        return False
    are_read = all(_share(own, NUMBER.fullmatch) >= LEAST_NUMBERS for own in cells)
    return are_read and any(_share(own, _is_other) >= LEAST_OTHERS for own in cells)


def _share(cells: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(cell)) for cell in cells) / len(cells)


def _is_other(cell: str) -> bool:
    return cell not in STATES and NUMBER.fullmatch(cell) is not None


def texts_of_columns(table: pa.Table, columns: Sequence[str]) -> tuple[list[str | None], dict[str, Any]]:
    """The numbers of each row as one text, None where it has none, and the facts."""
    cells = [_cells(table[column]) for column in columns]
    return [joined(row) for row in zip(*cells, strict=True)], facts_of(columns)


def facts_of(names: Sequence[str], *, has_names: bool = True) -> dict[str, Any]:
    """`numbers`: the names in their order, where there are several; `task`, since such labels can be nothing else.

    has_names: whether the data name them.
    """
    several = {"numbers": list(names), "numbers_have_names": has_names} if len(names) > 1 else {}
    return {"task": TASK} | several


def are_rows(values: Sequence[Any]) -> bool:
    """Whether labels are rows of decimal numbers of one length; whole numbers alone are indices of classes."""
    rows = [value for value in values if isinstance(value, list)]
    if not rows or len({len(row) for row in rows}) > 1 or not rows[0]:
        return False
    flat = [each for row in rows for each in row if each is not None]
    is_number = all(isinstance(each, int | float) and not isinstance(each, bool) for each in flat)
    return is_number and any(isinstance(each, float) and not math.isnan(each) for each in flat)


def texts_of_rows(values: Sequence[Any], names: Sequence[str] | None) -> tuple[list[str | None], dict[str, Any]]:
    """The numbers of each label as one text, and the facts. names: of the D numbers where they are known."""
    width = next(len(value) for value in values if isinstance(value, list))
    has_names = names is not None and len(names) == width
    known = list(names or ()) if has_names else [f"y{place}" for place in range(width)]
    texts = [None if value is None else joined([number_text(each) for each in value]) for value in values]
    return texts, facts_of(known, has_names=has_names)


def number_text(value: Any) -> str | None:
    """A number in the fewest digits that read back; None for a missing one."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e16 else repr(value)


def _cells(column: pa.ChunkedArray) -> list[str | None]:
    """The cells as texts, None for what is missing."""
    found = [number_text(value) if isinstance(value, float) else value for value in column.to_pylist()]
    texts = [None if value is None else str(value).strip() for value in found]
    return [None if text is None or text.lower() in MISSING else text for text in texts]
