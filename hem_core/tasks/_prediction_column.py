"""A column of predicted numbers of a catalog."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError


def numbers_in(catalog: pa.Table, name: str) -> np.ndarray:
    """The column (N,) float64, NaN where a cell is empty. Raises DataError where it holds something else."""
    column = catalog[name]
    try:
        return column.cast(pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        words = f"the column '{name}' of predictions is of {column.type}; expected numbers, so rename or remove it"
        raise DataError(words) from error
