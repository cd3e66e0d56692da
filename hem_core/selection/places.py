"""Picking one by one, within the cap of a pool."""

from __future__ import annotations

import numpy as np

from hem_core.selection.pool import Chosen, Pool


class Places:
    """The rows picked so far, and those that may still be picked, `is_open` (M,) bool."""

    def __init__(self, pool: Pool, n: int) -> None:
        self.picked: list[int] = []
        self.is_open = np.ones(len(pool), dtype=bool)
        self._pool = pool
        self._n = n
        self._room = np.append(pool.cap.room, 0) if pool.cap is not None else np.zeros(1, dtype=np.int64)
        self._was_shut = np.zeros(len(pool), dtype=bool)
        if pool.cap is not None:
            self._shut((pool.cap.group >= 0) & (self._room[pool.cap.group] <= 0))

    @property
    def has_room(self) -> bool:
        """Whether another pick is needed and possible."""
        return len(self.picked) < self._n and bool(self.is_open.any())

    def take(self, row: int) -> None:
        """Pick a row; one that is not open is skipped."""
        if not self.is_open[row]:
            return
        self.picked.append(row)
        self.is_open[row] = False
        cap = self._pool.cap
        if cap is None or cap.group[row] < 0:
            return
        self._room[cap.group[row]] -= 1
        if self._room[cap.group[row]] <= 0:
            self._shut(self.is_open & (cap.group == cap.group[row]))

    def chosen(self, why: str) -> Chosen:
        """The picks; rows that the cap excluded get its reason, all others `why`."""
        words = np.full(len(self._pool), why, dtype=object)
        if self._pool.cap is not None:
            words[self._was_shut] = self._pool.cap.why
        rows = np.array(self.picked, dtype=np.int64)
        words[rows] = ""
        return Chosen(rows, words)

    def _shut(self, is_out: np.ndarray) -> None:
        self._was_shut |= is_out
        self.is_open &= ~is_out
