"""Exact search: tiles of similarities, of which only the best k are kept."""

import torch
from torch import Tensor

_COARSE = 2.0**20
"""Similarities are compared in steps of 1e-6, above float32's noise, so that ties are ties on any tiling."""
_ROWS = 2.0**31
"""More rows than there may be: step x _ROWS - row orders by similarity, then by the lower row, in 53 bits."""


def nearest_rows(units: Tensor, queries: Tensor, k: int) -> Tensor:
    """The k other rows that point most nearly the same way, for each query row.

    units (N, D) float32 of length 1 or 0; queries (Q,) int64 row numbers; k at most N - 1.
    Returns (Q, k) int64, nearest first; rows within 1e-6 of each other count as ties: the lower row first.
    Memory is one tile and the answer, on the device of `units`.
    """
    nearest = torch.empty((len(queries), k), dtype=torch.int64, device=units.device)
    if k == 0:
        return nearest
    height, width = (2048, 16_384) if units.is_cuda else (256, 4_096)
    for start in range(0, len(queries), height):
        rows = queries[start : start + height]
        best = torch.empty((len(rows), 0), dtype=torch.float64, device=units.device)
        for left in range(0, len(units), width):
            best = _largest(torch.cat([best, _keys(units, rows, left, width, k)], dim=1), k)
        nearest[start : start + height] = _row_of(best)
    return nearest


def measured(units: Tensor, queries: Tensor, candidates: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k nearest of each query's candidates, by distances that are exactly 0 for equal rows.

    candidates (Q, C) int64 row numbers, each at most once in a row; the query itself and -1 (none) are skipped.
    Returns (Q, k) row numbers and (Q, k) float32 cosine distances in 0 .. 2, ascending, ties by the lower row;
    places without a candidate have distance infinity.
    """
    candidates = candidates.sort(dim=1).values
    distances = torch.empty(candidates.shape, dtype=torch.float32, device=units.device)
    height = max(1, 2**24 // max(1, candidates.shape[1] * units.shape[1]))  # rows gathered at a time: 64 MB
    for start in range(0, len(queries), height):
        rows, others = queries[start : start + height], candidates[start : start + height]
        gap = _cosine_distance(units[rows].unsqueeze(1), units[others.clamp(min=0)])  # (B, C)
        nobody = (others == rows.unsqueeze(1)) | (others < 0)
        distances[start : start + height] = gap.masked_fill(nobody, torch.inf)
    order = distances.argsort(dim=1, stable=True)[:, :k]
    return candidates.gather(1, order), distances.gather(1, order)


def _keys(units: Tensor, rows: Tensor, left: int, width: int, k: int) -> Tensor:
    tile = units[rows] @ units[left : left + width].T  # (B, W)
    columns = torch.arange(left, left + tile.shape[1], dtype=torch.float64, device=units.device)
    keys = tile.mul_(_COARSE).round_().double().mul_(_ROWS).sub_(columns)
    here = (rows >= left) & (rows < left + tile.shape[1])
    keys[here, rows[here] - left] = -torch.inf
    return _largest(keys, k)


def _largest(keys: Tensor, k: int) -> Tensor:
    return keys.topk(min(k, keys.shape[1]), dim=1).values


def _row_of(keys: Tensor) -> Tensor:
    return ((keys / _ROWS).ceil() * _ROWS - keys).long()


def _cosine_distance(a: Tensor, b: Tensor) -> Tensor:
    """1 - cos from half the squared difference, which keeps its digits near 0; a zero row is at 1 to all."""
    zeros = 2 - a.any(dim=-1).float() - b.any(dim=-1).float()
    return (a - b).square().sum(dim=-1) / 2 + zeros / 2
