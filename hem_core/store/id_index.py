"""Id → row of a level, in an eighth of the memory of a dict: hashes in order, each with its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

PART = 100_000


@dataclass(frozen=True, eq=False)
class IdIndex:
    """The rows of N ids; of an id that occurs twice, one of its rows."""

    ids: pa.Array
    """(N,) in the order of the rows."""
    hashes: np.ndarray
    """(N,) int64, ascending; Python's own, which differ from process to process."""
    rows: np.ndarray
    """(N,) the row of each hash."""

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    def __getitem__(self, id: str) -> int:
        row = self.get(id)
        if row is None:
            raise KeyError(id)
        return row

    def get(self, id: str) -> int | None:
        """The row of an id; None for an unknown one."""
        (row,) = self.get_indexer([id]).tolist()
        return None if row < 0 else row

    def get_indexer(self, ids: Iterable[str]) -> np.ndarray:
        """The row of each id, (M,) int64, -1 for an unknown one."""
        wanted = [str(id) for id in ids]
        hashes = np.fromiter(map(hash, wanted), np.int64, len(wanted))
        found, open_ = np.full(len(wanted), -1), np.arange(len(wanted))
        at = np.searchsorted(self.hashes, hashes)
        while len(open_):  # a second time only where two ids have one hash
            open_ = open_[at[open_] < len(self.hashes)]
            open_ = open_[self.hashes[at[open_]] == hashes[open_]]
            rows = self.rows[at[open_]]
            is_same = np.fromiter(map(str.__eq__, self.ids.take(pa.array(rows)).to_pylist(),
                                      (wanted[k] for k in open_)), bool, len(open_))  # fmt: skip
            found[open_[is_same]] = rows[is_same]
            open_ = open_[~is_same]
            at[open_] += 1
        return found


def id_index(ids: pa.ChunkedArray) -> IdIndex:
    """The index of N ids, texts."""
    whole = ids.combine_chunks() if ids.num_chunks != 1 else ids.chunk(0)
    hashes = np.empty(len(whole), np.int64)
    for start in range(0, len(whole), PART):
        part = whole.slice(start, PART).to_pylist()
        hashes[start : start + len(part)] = np.fromiter(map(hash, part), np.int64, len(part))
    order = np.argsort(hashes, kind="stable").astype(np.int32 if len(hashes) < 2**31 else np.int64)
    return IdIndex(whole, hashes[order], order)
