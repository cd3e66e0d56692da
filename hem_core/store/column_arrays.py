"""Columns of numpy as the Arrow arrays that the tables of a run hold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def array_of(values: np.ndarray) -> pa.Array:
    """Texts (N,), or numbers (N,) or (N, m) as float32, NaN of (N,) as null; a row of (N, m) is a list of m."""
    if values.ndim == 2:
        return lists_of(values.astype(np.float32))
    if values.dtype == object or values.dtype.kind == "U":
        return pa.array(values.tolist(), pa.string())
    return pa.array(values.astype(np.float32), pa.float32(), from_pandas=True)


def lists_of(values: np.ndarray) -> pa.Array:
    """(N, m) as an array of N lists, in the type that they have."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
