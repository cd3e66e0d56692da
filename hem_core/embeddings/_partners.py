"""Which blocks are compared with one another: all, or those whose centres are near."""

import torch
from torch import Tensor

from hem_core.embeddings._blocks import Blocks

_SAMPLE = 500
_WIDTH = 8_192


def every_pair(blocks: Blocks) -> list[Tensor]:
    """For each block the numbers of all blocks after it."""
    count = len(blocks.starts) - 1
    return [torch.arange(block + 1, count) for block in range(count)]


def near_pairs(blocks: Blocks, reach: int) -> list[Tensor]:
    """For each block the later blocks that are among its nearest, or it among theirs.

    reach: a block's nearest are as many as have this many rows together.
    """
    centres, sizes, count = blocks.centres(), blocks.sizes, len(blocks.starts) - 1
    pairs = []
    for block in range(count):
        order = _by_distance(centres, block)
        near = order[: int((sizes[order].cumsum(0) < reach).sum()) + 1]
        near = near[near != block]
        pairs.append(torch.minimum(near, torch.tensor(block)) * count + torch.maximum(near, torch.tensor(block)))
    pairs = torch.cat(pairs).unique()
    later = torch.bincount(pairs // count, minlength=count)
    return list((pairs % count).split(later.tolist()))


def reach_for(blocks: Blocks, k: int, share: float, seed: int) -> int:
    """How many rows the nearest blocks must have together to hold a share of the k nearest rows.

    Measured on up to 500 random rows, whose true neighbours are searched among all.
    """
    chance = torch.Generator().manual_seed(seed)
    sample = torch.randperm(len(blocks.units), generator=chance)[:_SAMPLE].sort().values
    starts = torch.tensor(blocks.starts)
    mine = torch.searchsorted(starts, sample, right=True) - 1
    theirs = torch.searchsorted(starts, _nearest_places(blocks.units, sample, k), right=True) - 1  # (S, k)
    centres, sizes = blocks.centres(), blocks.sizes
    needed = torch.empty(theirs.shape)
    for row, block in enumerate(mine.tolist()):
        order = _by_distance(centres, block)
        rows_up_to = torch.empty(len(order)).index_copy_(0, order, sizes[order].cumsum(0).float())
        needed[row] = rows_up_to[theirs[row]]
    return int(needed.flatten().quantile(share))


def _by_distance(centres: Tensor, block: int) -> Tensor:
    """All blocks, the nearest first: itself."""
    distance = (centres - centres[block]).square().sum(dim=1)
    distance[block] = -1
    return distance.argsort(stable=True)


def _nearest_places(units: Tensor, queries: Tensor, k: int) -> Tensor:
    best, places = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.int64)
    for left in range(0, len(units), _WIDTH):
        tile = units[queries] @ units[left : left + _WIDTH].T
        here = (queries >= left) & (queries < left + tile.shape[1])
        tile[here, queries[here] - left] = -torch.inf
        top = tile.topk(min(k, tile.shape[1]), dim=1)
        best, places = torch.cat([best, top.values], dim=1), torch.cat([places, top.indices + left], dim=1)
        order = best.topk(min(k, best.shape[1]), dim=1).indices
        best, places = best.gather(1, order), places.gather(1, order)
    return places
