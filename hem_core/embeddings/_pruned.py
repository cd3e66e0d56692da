"""The search on a CPU: a product of two blocks tells which of their pairs are worth measuring, mostly none."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hem_core.embeddings._blocks import Blocks
from hem_core.embeddings._found import NOISE, Found

_WIDTH = 2_048
_GROUPS = 16
_CROWD = 64
_SPARE = 8
_COARSE, _PLACES = 2.0**20, 2.0**31


def search(blocks: Blocks, partners: list[Tensor], k: int) -> Found:
    """The k nearest rows of each row, among its own block and those that it is compared with.

    partners: for each block the ascending numbers of later blocks; k at least 1.
    Memory: the answer, one tile, and the pairs that wait (O(N k)).
    """
    found = Found(blocks, k)
    for block in range(len(partners)):
        _raise_floor(found, block)
    for block, others in enumerate(partners):
        left, right = blocks.starts[block : block + 2]
        rows = blocks.units[left:right]
        own = (rows @ rows.T).fill_diagonal_(-torch.inf)
        _propose(found, own, block, block + 1, left)
        for first, end in _runs(blocks.starts, others.tolist()):
            start = blocks.starts[first]
            tile = rows @ blocks.units[start : blocks.starts[end]].T
            _propose(found, tile, block, block + 1, start)
            _propose(found, tile.T, first, end, left)
    for block in range(len(partners)):
        found.settle(block)
    return found


def _raise_floor(found: Found, block: int) -> None:
    """A floor from the blocks around one: the k-th best of groups' best is no better than the true k-th."""
    units, (left, right) = found.blocks.units, found.blocks.starts[block : block + 2]
    start = max(0, min((left + right - _WIDTH) // 2, len(units) - _WIDTH))
    tile = units[left:right] @ units[start : start + _WIDTH].T
    tile[torch.arange(right - left), torch.arange(left - start, right - start)] = -torch.inf
    groups = tile.shape[1] // _GROUPS
    if groups >= found.k:
        best = tile[:, : groups * _GROUPS].view(-1, _GROUPS, groups).amax(dim=1)
        found.floor[left:right] = best.topk(found.k, dim=1).values[:, -1] - NOISE


def _runs(starts: list[int], blocks: list[int]) -> Iterator[tuple[int, int]]:
    """Consecutive blocks in runs of up to 2,048 rows: the first, and the one after the last."""
    at = 0
    while at < len(blocks):
        first = end = blocks[at]
        while at < len(blocks) and blocks[at] == end and starts[end + 1] - starts[first] <= _WIDTH:
            at, end = at + 1, end + 1
        yield first, end


def _propose(found: Found, tile: Tensor, first: int, end: int, start: int) -> None:
    """Propose what reaches the floor in a tile: the blocks first .. end against the places from `start` on."""
    starts = found.blocks.starts
    left, right = starts[first], starts[end]
    hit = (tile.amax(dim=1) >= found.floor[left:right]).nonzero().flatten()
    if not len(hit):
        return
    names = found.blocks.order[start : start + tile.shape[1]]
    row, column = _likely(tile[hit].contiguous(), found.floor[left:right][hit], names, found.k)
    rows, places = hit.numpy()[row] + left, column + start
    cuts = np.searchsorted(rows, starts[first : end + 1])
    for block, low, high in zip(range(first, end), cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        if high > low:
            found.propose(block, rows[low:high], places[low:high])


def _likely(tile: Tensor, floor: Tensor, names: Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns that reach the floor of the row; of very many, as among equal rows, the best of each row.

    Similarities within 1e-6 of each other are ties then, and the lower name goes first.
    """
    at = np.flatnonzero((tile >= floor.unsqueeze(1)).numpy())
    if len(at) <= _CROWD * len(tile):
        return np.divmod(at, tile.shape[1])
    keys = tile.mul(_COARSE).round_().double().mul_(_PLACES).sub_(names)
    columns = keys.topk(min(k + _SPARE, tile.shape[1]), dim=1).indices
    rows = torch.arange(len(tile)).repeat_interleave(columns.shape[1])
    reaches = (tile.gather(1, columns) >= floor.unsqueeze(1)).flatten()
    return rows[reaches].numpy(), columns.flatten()[reaches].numpy()
