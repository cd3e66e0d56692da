"""The graph of nearest neighbours that the map, disagreement, distances and duplicates share."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from hem_core.embeddings._blocks import Blocks, in_blocks
from hem_core.embeddings._exact import measured, nearest_rows
from hem_core.embeddings._partners import every_pair, near_pairs, reach_for
from hem_core.embeddings._pruned import search
from hem_core.embeddings._unit import unit_rows
from hem_core.errors import HemError

_SPARE = 8
_WANTED_RECALL = 0.99
_LEAST_REACH, _MOST_REACH = 8_192, 65_536
_AUDITED = 500
_AUDIT_WIDTH = 4_096


@dataclass(frozen=True, eq=False)
class Graph:
    """The k nearest other rows of each of N rows, nearest first."""

    indices: np.ndarray
    """(N, k) int32 row numbers; the row itself is left out."""
    distances: np.ndarray
    """(N, k) float32 in 0 .. 2: cosine distances, ascending."""
    method: Literal["exact", "blocks"]
    recall: float
    """Share of the true neighbours found, measured on up to 500 random rows."""

    @property
    def k(self) -> int:
        """Neighbours of each row."""
        return self.indices.shape[1]


def neighbours(
    embeddings: np.ndarray, k: int = 15, *, seed: int = 0, device: str = "cpu", exact_up_to: int = 100_000
) -> Graph:
    """The k rows that point most nearly the same way as each row, by cosine distance.

    embeddings (N, D), any float type, finite; k at least 1, cut to N - 1.
    Exact up to `exact_up_to` rows, and always on a device other than the CPU. Above, each block of near rows is
    compared with as many of the nearest blocks as hold 99% of the neighbours of 500 random rows, but with no more than
    65,536 rows. Memory is O(N (k + D)). See benchmarks/RESULTS.md for time and recall.
    Equal rows have distance 0, ties go to the lower row, a row of zeros has distance 1 to everything.
    The same rows and seed give the same bytes, whatever the number of threads.
    Raises HemError for a k below 1, a wrong shape, or a NaN or infinite value (naming the row).
    """
    if k < 1:
        raise HemError(f"k, the number of neighbours, must be at least 1; it is {k}")
    k = max(0, min(k, len(embeddings) - 1))
    if k == 0:
        nobody = np.empty((len(unit_rows(embeddings)), 0), np.float32)
        return Graph(nobody.astype(np.int32), nobody, "exact", 1.0)
    if torch.device(device).type != "cpu":
        return _by_tiles(torch.from_numpy(unit_rows(embeddings)).to(device), k, seed)
    # The sorted rows alone are kept: no name holds the unsorted ones.
    return _by_blocks(in_blocks(torch.from_numpy(unit_rows(embeddings)), seed), k, seed, exact_up_to)


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


def _by_tiles(units: Tensor, k: int, seed: int) -> Graph:
    everyone = torch.arange(len(units), device=units.device)
    candidates = nearest_rows(units, everyone, min(k + _SPARE, len(units) - 1))
    places, distances = (part.cpu().numpy() for part in measured(units, everyone, candidates, k))
    return Graph(places.astype(np.int32), distances, "exact", recall(units.cpu().numpy(), distances, seed=seed))


def _by_blocks(blocks: Blocks, k: int, seed: int, exact_up_to: int) -> Graph:
    is_exact = len(blocks.units) <= exact_up_to
    if is_exact:
        partners = every_pair(blocks)
    else:
        reach = reach_for(blocks, k, _WANTED_RECALL, seed + 1)
        partners = near_pairs(blocks, max(_LEAST_REACH, min(reach, _MOST_REACH)))
    found = search(blocks, partners, k)
    share = recall(blocks.units.numpy(), found.distances, seed=seed)
    order = blocks.order.numpy()
    indices, distances = np.empty_like(found.places), np.empty_like(found.distances)
    indices[order], distances[order] = order[found.places], found.distances
    return Graph(indices, distances, "exact" if is_exact else "blocks", share)
