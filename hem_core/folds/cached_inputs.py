"""The inputs of a data set that is read repeatedly: once from their source, then from memory where they fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from hem_core.engine.batch import Inputs, Values
from hem_core.engine.extra import rows_of

AT_ONCE = 1024
FILES_AT_ONCE = 64
MOST_BYTES = 2 << 30


class CachedInputs:
    """N examples by position, in any order. Nothing is read before the first access.

    most_bytes: arrays and pictures beyond it are read each time instead of kept; texts and tables are always kept.
    """

    def __init__(self, inputs: Inputs, n: int, *, most_bytes: int = MOST_BYTES) -> None:
        self._inputs, self._n, self._most_bytes = inputs, n, most_bytes

    @cached_property
    def is_good(self) -> np.ndarray:
        """(N,) bool: whether each can be read."""
        return self._place >= 0

    def read(self, rows: np.ndarray) -> Values:
        """The examples of these rows (n,), all of them readable, in their order."""
        if self._values is not None:
            return rows_of(self._values, self._place[rows])
        ordered, back = np.unique(rows, return_inverse=True)
        return rows_of(_joined([self._inputs.read(run).values for run in self._runs(ordered)]), back)

    def _runs(self, ordered: np.ndarray) -> list[list[int]]:
        """Quick inputs read everything between the first and the last row, so they get runs of adjacent rows."""
        if not self._inputs.is_quick:
            return [ordered.tolist()]
        return [run.tolist() for run in np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1)]

    @property
    def _place(self) -> np.ndarray:
        return self._all[0]

    @property
    def _values(self) -> Values | None:
        return self._all[1]

    @cached_property
    def _all(self) -> tuple[np.ndarray, Values | None]:
        """(N,) place of each row among the readable ones, -1 = unreadable; and their values, if they are kept."""
        place, good, parts, n_bytes = np.full(self._n, -1, dtype=np.int64), 0, [], 0
        at_once = AT_ONCE if self._inputs.is_quick else FILES_AT_ONCE
        for start in range(0, self._n, at_once):
            batch = self._inputs.read(range(start, min(start + at_once, self._n)))
            place[batch.indices] = np.arange(good, good + len(batch.indices))
            good += len(batch.indices)
            n_bytes += _size(batch.values)
            if n_bytes > self._most_bytes:
                parts = []
            elif batch.indices:
                parts.append(batch.values)
        return place, _joined(parts) if parts and n_bytes <= self._most_bytes else None


def _size(values: Values) -> int:
    """Bytes of arrays and pictures; 0 of texts and tables, which are always kept."""
    some = values if isinstance(values, list) else [values]
    return sum(one.nbytes for one in some if isinstance(one, Tensor))


def _joined(parts: Sequence[Values]) -> Values:
    first = parts[0]
    if len(parts) == 1:
        return first
    if isinstance(first, Tensor):
        return torch.cat([part for part in parts if isinstance(part, Tensor)])
    if isinstance(first, list):
        return [text for part in parts if isinstance(part, list) for text in part]
    import pandas as pd

    return pd.concat(list(parts), ignore_index=True)  # pyright: ignore[reportCallIssue, reportArgumentType]
