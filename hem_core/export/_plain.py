"""Examples as plain values, as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd


def rows(examples: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Each example as column -> value, in order; a missing value, NaN or infinity is None."""
    names = [str(name) for name in examples.columns]
    columns = [_values(column) for _, column in examples.items()]
    for values in zip(*columns, strict=True):
        yield {name: plain(value) for name, value in zip(names, values, strict=True)}


def plain(value: object) -> object:
    """The value as JSON has it."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) else str(value)


def _values(column: pd.Series) -> list[object]:
    if column.dtype == np.float32:
        # The shortest digits that bring the float32 back: 0.1, not 0.10000000149011612.
        return column.to_numpy().astype("U32").astype(np.float64).tolist()
    return column.tolist()
