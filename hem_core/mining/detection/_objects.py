"""Detectors that learn an object at many cells: these cells together are one region."""

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import check_same_rows


def regions_of(of_object: Tensor, image: Tensor, cls: Tensor, who: str) -> tuple[Tensor, int]:
    """The region of each cell, (R,) int64 from 0, and how many there are: the cells of an object share one.

    of_object (R,) int64: the number of the object within its image, below 0 = background, where each cell is a region
    by itself; image (R,) int64, 0 or more. Raises MiningError for other shapes or numbers that are not whole.
    """
    of_object = check_same_rows("of_object", of_object, cls, who)
    if of_object.is_floating_point() or of_object.dtype == torch.bool:
        raise MiningError(f"{who} expects of_object as whole numbers, -1 for background; got {of_object.dtype}")
    if not len(of_object):
        return of_object.long(), 0
    n_objects = int(of_object.max()) + 1
    own = -1 - torch.arange(len(of_object), device=of_object.device)
    keys = torch.where(of_object < 0, own, image.long() * n_objects + of_object)
    region = keys.unique(return_inverse=True)[1]
    return region, int(region.max()) + 1


def summed(values: Tensor, region: Tensor, n: int) -> Tensor:
    """(n,) the sum of the values (R,) of each region's cells."""
    return torch.zeros(n, dtype=values.dtype, device=values.device).index_add_(0, region, values)


def first_cells(order: Tensor, region: Tensor, n: int) -> Tensor:
    """Of cells in an order (M,), the first one of each region, in this order. region (R,) of all cells."""
    place = torch.full((n,), len(order), device=order.device)
    place.scatter_reduce_(0, region[order], torch.arange(len(order), device=order.device), "amin")
    return order[place[place < len(order)].sort().values]
