"""Check measures that were made elsewhere for the recorder: of boxes, of generated texts, of anything with a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hem_core.errors import DataError


def rows(ids: Sequence[str], **measures: Any) -> Tensor:
    """(N, 6) as the recorder keeps its rows: confidence, margin, hit, is it a label (1), the label (-1), the loss.

    measures: by these names (N,) numbers, or None. Raises DataError, naming the id, for an infinite value, and for an
    example without any.
    """
    columns = {name: _column(ids, name, values) for name, values in measures.items()}
    known = np.stack(list(columns.values()))
    lacks = np.isnan(known).all(axis=0)
    if lacks.any():
        raise DataError(f"example '{ids[int(lacks.argmax())]}' has no number to record: all of its measures are NaN")
    ones = np.ones(len(ids), np.float32)
    kept = [columns["confidence"], columns["margin"], columns["is_correct"], ones, -ones, columns["loss"]]
    return torch.from_numpy(np.stack(kept, axis=1))


def _column(ids: Sequence[str], name: str, values: Any) -> np.ndarray:
    if values is None:
        return np.full(len(ids), np.nan, np.float32)
    column = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    column = column.astype(np.float32)
    if column.shape != (len(ids),):
        raise DataError(f"{name} must have shape ({len(ids)},), one for each id; it is {column.shape}")
    if np.isinf(column).any():
        raise DataError(f"example '{ids[int(np.isinf(column).argmax())]}': its {name} is infinite")
    return column
