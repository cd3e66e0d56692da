"""Which rows have what a statement is about."""

from __future__ import annotations

import numpy as np

from hem_core.slices.statement import Statement
from hem_core.slices.traits import Traits


def picked(traits: Traits, statement: Statement, rows: np.ndarray) -> np.ndarray:
    """Which of some rows have what a statement is about: (R,) bool."""
    if statement.kind == "word":
        (words,) = (one for one in traits.words if one.column == statement.columns[0])
        at = words.words.index(statement.names[0])
        return np.isin(rows, words.rows[words.starts[at] : words.starts[at + 1]])
    if statement.kind in ("shift", "range"):
        number = next(one for one in traits.numbers if (one.of_text or one.column) == statement.columns[0])
        low, high = statement.names
        first = 0 if low is None else int(np.searchsorted(number.lows, low))
        last = number.count if high is None else int(np.searchsorted(number.highs, high, side="right"))
        return (number.steps[rows] >= first) & (number.steps[rows] < last)
    for values in traits.values:
        if values.columns == statement.columns and statement.clauses in map(tuple, values.clauses):
            return values.codes[rows] == [tuple(one) for one in values.clauses].index(statement.clauses)
    raise AssertionError(statement)
