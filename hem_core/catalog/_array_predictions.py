"""Predictions (N, K) and embeddings (N, D) among the members of an .npz, as lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa

from hem_core.class_columns import LISTS, OF_A_MODEL


def lists_in(members: Mapping[str, np.ndarray], names: Collection[str], n: int) -> dict[str, pa.Array]:
    """The members `logits`, `probs` and `embedding` that have N rows, one list a row; (N,) becomes lists of one.

    names: those in the file, which are not all read.
    """
    found = {}
    for name in OF_A_MODEL:
        if name not in names:
            continue
        values = members[name]
        if values.ndim in (1, 2) and len(values) == n and values.dtype.kind in "iuf":
            flat = pa.array(np.ascontiguousarray(values, np.float64).reshape(-1))
            found[name] = pa.FixedSizeListArray.from_arrays(flat, values.shape[1] if values.ndim == 2 else 1)
    return found


def has_predictions(names: Collection[str]) -> bool:
    """Whether logits or probabilities are among the members."""
    return not set(names).isdisjoint(LISTS)
