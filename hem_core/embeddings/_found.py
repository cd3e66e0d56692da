"""The k nearest rows of each row that are found so far, and the pairs that wait to be measured."""

import numpy as np
import torch

from hem_core.embeddings._blocks import Blocks

NOISE = 2e-6
"""Float32's noise in the product of two rows of length 1."""
_WAITING = 24
"""Pairs a row that wait until they are measured."""


class Found:
    """What a search has found: row numbers are places in the sorted rows."""

    def __init__(self, blocks: Blocks, k: int) -> None:
        n = len(blocks.units)
        self.places = np.zeros((n, k), np.int32)
        """(N, k) nearest first."""
        self.distances = np.full((n, k), np.inf, np.float32)
        """(N, k) cosine distances, exactly 0 for equal rows; infinity where nothing is found."""
        self.floor = torch.full((n,), -2.0)
        """(N,) the similarity that a row must have to be among the k nearest."""
        self.blocks, self.k = blocks, k
        self._is_zero = ~blocks.units.any(dim=1)
        self._waiting: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in blocks.starts[1:]]
        self._n_waiting = [0] * len(self._waiting)

    def propose(self, block: int, rows: np.ndarray, places: np.ndarray) -> None:
        """Rows of a block, each with a row that may be near it; no pair twice."""
        self._waiting[block].append((rows.astype(np.int32), places.astype(np.int32)))
        self._n_waiting[block] += len(rows)
        if self._n_waiting[block] > _WAITING * (self.blocks.starts[block + 1] - self.blocks.starts[block]):
            self.settle(block)

    def settle(self, block: int) -> None:
        """Measure the pairs of a block that wait, keep the k nearest of each of its rows, raise their floor."""
        if not self._waiting[block]:
            return
        left, right = self.blocks.starts[block : block + 2]
        rows, places = (np.concatenate(part) for part in zip(*self._waiting[block], strict=True))
        self._waiting[block], self._n_waiting[block] = [], 0
        distances = np.concatenate([self.distances[left:right].ravel(), self._distances(rows, places)])
        rows = np.concatenate([np.repeat(np.arange(right - left), self.k), rows - left])
        places = np.concatenate([self.places[left:right].ravel(), places])
        # No distance is negative: they sort as their bits do. Equal ones sort by the number that the row had.
        keys = (distances.view(np.int32).astype(np.int64) << 32) + self.blocks.order.numpy()[places]
        order = np.lexsort((keys, rows))
        first = np.searchsorted(rows[order], np.arange(right - left))
        best = order[first[:, None] + np.arange(self.k)]  # (m, k)
        self.places[left:right], self.distances[left:right] = places[best], distances[best]
        reached = 1 - NOISE - torch.from_numpy(self.distances[left:right, -1])
        self.floor[left:right] = torch.maximum(self.floor[left:right], reached)

    def _distances(self, rows: np.ndarray, places: np.ndarray) -> np.ndarray:
        """1 - cos from half the squared difference, which keeps its digits near 0; a zero row is at 1 to all."""
        units, here, there = self.blocks.units, torch.from_numpy(rows), torch.from_numpy(places)
        squared = units[here].sub_(units[there]).square_().sum(dim=1)
        zeros = self._is_zero[here].float() + self._is_zero[there].float()
        return squared.add_(zeros).div_(2).numpy()
