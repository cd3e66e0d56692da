"""Rows sorted into blocks of which each lies close together."""

from dataclasses import dataclass

import torch
from torch import Tensor

_ROWS = 512
_ROUNDS = 5
_LEARNT_FROM = 64
"""Rows a cell that the centres are learnt from."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """N rows, sorted so that each block of up to 512 consecutive ones lies close together."""

    units: Tensor
    """(N, D) float32, sorted; each of length 1 or 0."""
    order: Tensor
    """(N,) int64: the number that the row at each place had before."""
    starts: list[int]
    """B + 1 places: block b is at the places starts[b] .. starts[b + 1]."""

    @property
    def sizes(self) -> Tensor:
        """(B,) int64 rows of each block."""
        return torch.tensor(self.starts).diff()

    def centres(self) -> Tensor:
        """(B, D) mean row of each block."""
        return torch.stack([block.mean(dim=0) for block in self.units.split(self.sizes.tolist())])


def in_blocks(units: Tensor, seed: int) -> Blocks:
    """Sort the rows by cells of k-means within larger cells of k-means, and cut the cells into blocks.

    units (N, D) float32, N at least 1; N·√N/23 comparisons. Equal rows stay in their order.
    """
    everyone = torch.arange(len(units))
    outer = _cells(units, everyone, round((len(units) / _ROWS) ** 0.5), seed)
    inner = [cell for rows in outer for cell in _cells(units, rows, -(-len(rows) // _ROWS), seed)]
    starts = [0]
    for cell in inner:
        parts, before = -(-len(cell) // _ROWS), starts[-1]
        starts += [before + len(cell) * part // parts for part in range(1, parts + 1)]
    order = torch.cat(inner)
    return Blocks(units[order], order, starts)


def _cells(units: Tensor, rows: Tensor, cells: int, seed: int) -> list[Tensor]:
    """The rows of each cell that is not empty, ascending."""
    if cells < 2:
        return [rows]
    chance = torch.Generator().manual_seed(seed)
    few = units[rows[torch.randperm(len(rows), generator=chance)[: cells * _LEARNT_FROM]]]
    centres = few[:cells].clone()
    for _round in range(_ROUNDS):
        cell = _nearest(few, centres)
        sums = torch.zeros_like(centres).index_add_(0, cell, few)
        sizes = torch.bincount(cell, minlength=cells).unsqueeze(1)
        centres = torch.where(sizes > 0, sums / sizes.clamp(min=1), centres)
    cell = torch.cat([_nearest(units[part], centres) for part in rows.split(16_384)])
    members = rows[cell.argsort(stable=True)].split(torch.bincount(cell, minlength=cells).tolist())
    return [member for member in members if len(member)]


def _nearest(rows: Tensor, centres: Tensor) -> Tensor:
    return torch.addmm(centres.square().sum(dim=1) / 2, rows, centres.T, alpha=-1).argmin(dim=1)
