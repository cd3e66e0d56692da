"""Rows of a table spoiled on purpose: convex mixtures, values of other rows, values of the tails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def corrupt(
    values: pd.DataFrame, kinds: Sequence[str], partners: pd.DataFrame, *, table: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Spoil each row as its kind says.

    values, partners: P rows with the columns of `table`, numbers or categories (strings, booleans); partners count
    for "ambiguous" alone. table: rows of the same data, which tell how the values are spread. kinds: P of
    ambiguous  numbers: .45 to .55 of the row and the rest of its partner; categories: of the one or of the other
    outlier    every value from a row of its own, or numbers anywhere in twice their range and any category
    rare       in a third of the columns, at least one: a value of the lowest or highest half percent, the rarest
               category
    anything else (mislabelled, …)  as it is
    Whole numbers stay whole; what is missing in one of two rows is missing in their mixture.
    Returns a frame like values; row i depends on the seed, i, the two rows and the table alone.
    """
    names = [str(name) for name in table.columns]
    columns = {name: _Column(pd.Series(table[name])) for name in names}
    cells = {name: values[name].astype(object).tolist() for name in names}
    others = {name: partners[name].astype(object).tolist() for name in names}
    for row, name in enumerate(kinds):
        rng = np.random.default_rng((seed, row))
        if name == "ambiguous":
            share = rng.uniform(0.45, 0.55)
            for column in names:
                cells[column][row] = columns[column].mixed(cells[column][row], others[column][row], share, rng)
        elif name == "outlier":
            draw = _Column.drawn if rng.random() < 0.5 else _Column.anywhere
            for column in names:
                cells[column][row] = draw(columns[column], rng)
        elif name == "rare":
            for place in rng.choice(len(names), max(1, len(names) // 3), replace=False).tolist():
                cells[names[place]][row] = columns[names[place]].extreme(rng)
    made = {name: pd.Series(cells[name], index=values.index, dtype=_wide(values[name].dtype)) for name in names}
    return pd.DataFrame(made)


class _Column:
    """How the known values of one column are spread: numbers ascending, categories the rarest first."""

    def __init__(self, values: pd.Series) -> None:
        present = values.dropna()
        self.is_whole = pd.api.types.is_integer_dtype(values.dtype)
        self.is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
        if self.is_number:
            self.values = np.sort(present.to_numpy(np.float64))
        else:
            counts = present.value_counts()
            self.values = present.to_numpy(object)
            self.kinds = sorted(
                counts.index.tolist(), key=lambda value: (counts[value], str(value))
            )  # the rarest first

    def mixed(self, one: object, other: object, share: float, rng: np.random.Generator) -> object:
        if self.is_number:
            return self._cast(share * float(one) + (1 - share) * float(other))  # type: ignore[arg-type]
        return one if rng.random() < 0.5 else other

    def drawn(self, rng: np.random.Generator) -> object:
        if not len(self.values):
            return None
        value = self.values[rng.integers(len(self.values))]
        return self._cast(value) if self.is_number else value

    def anywhere(self, rng: np.random.Generator) -> object:
        if not len(self.values):
            return None
        if not self.is_number:
            return self.kinds[rng.integers(len(self.kinds))]
        low, high = self.values[0], self.values[-1]
        return self._cast(rng.uniform(low - (high - low) / 2, high + (high - low) / 2))

    def extreme(self, rng: np.random.Generator) -> object:
        if not len(self.values):
            return None
        if not self.is_number:
            return self.kinds[0]
        few = max(1, len(self.values) // 200)
        tail = self.values[:few] if rng.random() < 0.5 else self.values[-few:]
        return self._cast(tail[rng.integers(few)])

    def _cast(self, value: float) -> float | int:
        return round(value) if self.is_whole and np.isfinite(value) else float(value)


def _wide(dtype: Any) -> Any:
    """The column's own type; numpy's small types would not hold what lies outside their range."""
    if isinstance(dtype, np.dtype) and dtype.kind in "iu":
        return np.int64
    return np.float64 if isinstance(dtype, np.dtype) and dtype.kind == "f" else dtype
