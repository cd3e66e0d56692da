"""Rows of a table: the features of some examples as a DataFrame, one dtype a column whatever the rows are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hem_core.content_hash import content_hash
from hem_core.media._contract import Read

if TYPE_CHECKING:
    import pandas as pd

LARGEST = float(np.finfo(np.float32).max)


class FeatureRows:
    """The feature columns of a catalog; `frame(indices)` gives (n, F) with a column a feature, in their order.

    Numbers are float64, NaN where missing. Categories are of pandas' dtype category, whose values are those of the
    whole column, sorted, so that a row is the same in every batch; a missing one is NaN.
    """

    def __init__(self, table: pa.Table, features: Sequence[Mapping[str, str]]) -> None:
        self.names = [feature["name"] for feature in features]
        self.numbers = [feature["name"] for feature in features if feature["kind"] == "number"]
        self._n = table.num_rows
        self._values = {name: _floats(table[name]) for name in self.numbers}
        coded = [feature["name"] for feature in features if feature["kind"] == "category"]
        self._codes = {name: _codes(table[name]) for name in coded}

    def __len__(self) -> int:
        return self._n

    def frame(self, indices: Sequence[int]) -> pd.DataFrame:
        """The features of these rows, numbered 0 to n - 1."""
        import pandas as pd

        at = np.asarray(indices, dtype=np.int64)
        columns = {}
        for name in self.names:
            if name in self._values:
                columns[name] = self._values[name][at]
            else:
                codes, categories = self._codes[name]
                columns[name] = pd.Categorical.from_codes(codes[at], categories=categories)
        return pd.DataFrame(columns, columns=self.names)

    def row_bytes(self, index: int) -> bytes:
        """All values of one row, as bytes to take a digest of."""
        values = [self._values[name][index] if name in self._values else self._word(name, index) for name in self.names]
        return json.dumps([str(value) for value in values]).encode()

    def problem(self, index: int) -> str | None:
        """Why no model can take this row, or None. Single missing values are no problem."""
        for name in self.numbers:
            value = self._values[name][index]
            if not np.isnan(value) and abs(value) > LARGEST:
                return f"feature '{name}' is infinite or too large"
        is_missing = all(np.isnan(self._values[name][index]) for name in self.numbers)
        if is_missing and all(codes[index] < 0 for codes, _known in self._codes.values()):
            return "every feature is missing"
        return None

    def _word(self, name: str, index: int) -> str | None:
        codes, categories = self._codes[name]
        return categories[codes[index]] if codes[index] >= 0 else None


class TableRows:
    """The features of an example; what is read is a DataFrame of them, missing values included."""

    is_quick = True

    def __init__(self, rows: FeatureRows) -> None:
        self.rows = rows

    def fingerprint(self) -> str:
        return ""  # the catalog holds every feature

    def read(self, indices: Sequence[int]) -> Read:
        problems = {index: self.rows.problem(index) for index in indices}
        good = [index for index, problem in problems.items() if problem is None]
        failures = [(index, problem) for index, problem in problems.items() if problem is not None]
        return Read(self.rows.frame(good), good, [content_hash(self.rows.row_bytes(index)) for index in good], failures)

    def picture(self, index: int) -> np.ndarray | None:
        return None


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy().copy()


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """(N,) int64 positions in the sorted values, -1 where missing; and these values."""
    categories = sorted(column.drop_null().unique().to_pylist())
    places = {value: place for place, value in enumerate(categories)}
    return np.array([places.get(value, -1) for value in column.to_pylist()], dtype=np.int64), categories
