"""The graph of nearest neighbours that the map, disagreement, distances and duplicates share."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from hem_core.embeddings._approximate import likely_rows
from hem_core.embeddings._exact import measured, nearest_rows
from hem_core.embeddings._unit import unit_rows
from hem_core.errors import HemError

_SPARE = 8
_WIDTHS = (30, 60, 120)
_WANTED_RECALL = 0.98
_AUDITED = 500
_AUDIT_WIDTH = 4_096


@dataclass(frozen=True, eq=False)
class Graph:
    """The k nearest other rows of each of N rows, nearest first."""

    indices: np.ndarray
    """(N, k) int32 row numbers; the row itself is left out."""
    distances: np.ndarray
    """(N, k) float32 in 0 .. 2: cosine distances, ascending."""
    method: Literal["exact", "pynndescent"]
    recall: float
    """Share of the true neighbours found, measured on up to 500 random rows."""

    @property
    def k(self) -> int:
        """Neighbours of each row."""
        return self.indices.shape[1]


def neighbours(
    embeddings: np.ndarray, k: int = 15, *, seed: int = 0, device: str = "cpu", exact_up_to: int = 60_000
) -> Graph:
    """The k rows that point most nearly the same way as each row, by cosine distance.

    embeddings (N, D), any float type, finite; k at least 1, cut to N - 1.
    Exact up to `exact_up_to` rows (60,000 × 128 took 14 s on two cores, where pynndescent took 33 s or more, most of it
    to compile itself) and always on a device other than the CPU; above, pynndescent,
    built wider than k until its recall is .98 or its widest is reached. Memory is O(N (k + D)).
    Equal rows have distance 0, ties go to the lower row, a row of zeros has distance 1 to everything.
    The same rows and seed give the same bytes, whatever the number of threads.
    Raises HemError for a k below 1, a wrong shape, or a NaN or infinite value (naming the row).
    """
    if k < 1:
        raise HemError(f"k, the number of neighbours, must be at least 1; it is {k}")
    rows = unit_rows(embeddings)
    k = max(0, min(k, len(rows) - 1))
    units = torch.from_numpy(rows).to(device)
    if units.device.type == "cpu" and len(rows) > max(exact_up_to, _WIDTHS[0]):
        return _approximate(rows, units, k, seed)
    everyone = torch.arange(len(rows), device=units.device)
    candidates = nearest_rows(units, everyone, max(0, min(k + _SPARE, len(rows) - 1)))
    indices, distances = _as_arrays(*measured(units, everyone, candidates, k))
    return Graph(indices, distances, "exact", recall(rows, distances, seed=seed))


def recall(units: np.ndarray, distances: np.ndarray, *, seed: int = 0) -> float:
    """Share of neighbours that are no farther than the true k-th, on up to 500 random rows; 1 when none.

    units (N, D) float32 of length 1 or 0; distances (N, k) as in Graph. The truth is a float64 search.
    """
    if distances.size == 0:
        return 1.0
    n, k = distances.shape
    rows = np.sort(np.random.default_rng(seed).choice(n, min(n, _AUDITED), replace=False))
    best = np.empty((len(rows), 0))
    for left in range(0, n, _AUDIT_WIDTH):
        block = units[rows].astype(np.float64) @ units[left : left + _AUDIT_WIDTH].T.astype(np.float64)
        here = (rows >= left) & (rows < left + block.shape[1])
        block[here, rows[here] - left] = -np.inf
        best = -np.partition(-np.concatenate([best, block], axis=1), k - 1, axis=1)[:, :k]
    reach = 1 - best.min(axis=1, keepdims=True)  # (R, 1) distance of the true k-th neighbour
    return float((distances[rows] <= reach + 1e-6).mean())


def _approximate(rows: np.ndarray, units: torch.Tensor, k: int, seed: int) -> Graph:
    everyone = torch.arange(len(rows))
    graph = None
    for width in _WIDTHS:
        width = min(max(width, k + 1), len(rows))
        candidates = torch.from_numpy(likely_rows(rows, width, seed))
        indices, distances = measured(units, everyone, candidates, k)
        short = distances.isinf().any(dim=1).nonzero().flatten()
        again = nearest_rows(units, short, min(k + _SPARE, len(rows) - 1))
        indices[short], distances[short] = measured(units, short, again, k)
        arrays = _as_arrays(indices, distances)
        graph = Graph(*arrays, "pynndescent", recall(rows, arrays[1], seed=seed))
        if graph.recall >= _WANTED_RECALL or width > _WIDTHS[-1]:
            break
    assert graph is not None
    return graph


def _as_arrays(indices: torch.Tensor, distances: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    return indices.cpu().numpy().astype(np.int32), distances.cpu().numpy()
