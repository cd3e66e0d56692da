"""What the maps of an image should be: a bell of heat at each object, and around which cells its box is learned."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

NARROW = 6.0
"""The sides of a box over the standard deviation of its bell."""


@dataclass(frozen=True, eq=False)
class Maps:
    """Of one image, or stacked of n."""

    heat: Tensor
    """(K, h, w) in 0 .. 1; 1 at the cell of an object's centre."""
    boxes: Tensor
    """(4, h, w) the box in px that is learned at a cell."""
    weight: Tensor
    """(h, w) how much the cell counts for that box, 1 in sum over the cells of a box; 0 where there is none."""
    counts: Tensor
    """(h, w) 1.0, or 0.0 in regions that are neither objects nor background."""
    of_object: Tensor
    """(h, w) int64: the number of the object, of those of the image, that a cell learns; -1 where there is none."""

    @property
    def n_objects(self) -> Tensor:
        """How many objects there are in all of it, () int64; 1 where there are none."""
        return (self.heat == 1).sum().clamp(min=1)


def target_maps(
    target: dict[str, Tensor], scale: tuple[float, float], n_classes: int, size: tuple[int, int], stride: int
) -> Maps:
    """The maps (h, w) = size of an image whose boxes shrink by scale (x, y); n_classes without background."""
    height, width = size
    boxes = target["boxes"] * torch.tensor(scale).repeat(2)
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    is_crowd = target["iscrowd"] > 0
    counts = 1.0 - _inside(boxes[is_crowd], x * stride, y * stride).any(dim=0).float()
    objects, labels = boxes[~is_crowd], target["labels"][~is_crowd] - 1
    heat, learned = torch.zeros(n_classes, height, width), torch.zeros(4, height, width)
    weight, of_object = torch.zeros(height, width), torch.full((height, width), -1)
    sides = (objects[:, 2:] - objects[:, :2]).clamp(min=1)
    for index in sides.prod(dim=1).argsort(descending=True, stable=True).tolist():  # the smallest last, on top
        box, side, label = objects[index], sides[index], int(labels[index])
        column, row = ((box[:2] + box[2:]) / 2 / stride).long().clamp(min=0).tolist()
        column, row = min(column, width - 1), min(row, height - 1)
        off_x, off_y = (x - column - 0.5) * stride, (y - row - 0.5) * stride
        bell = torch.exp(-((off_x * NARROW / side[0]) ** 2 + (off_y * NARROW / side[1]) ** 2) / 2)
        heat[label] = torch.maximum(heat[label], bell)
        near = bell * ((off_x.abs() <= side[0] / 4) & (off_y.abs() <= side[1] / 4))
        learned[:, near > 0] = box[:, None]
        weight[near > 0] = (near / near.sum())[near > 0]
        of_object[near > 0] = index
    return Maps(heat, learned, weight, counts, of_object)


def stacked(maps: list[Maps]) -> Maps:
    """Maps of n images of one size, with n first."""
    return Maps(*(torch.stack([getattr(one, each.name) for one in maps]) for each in fields(Maps)))


def _inside(boxes: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """boxes (m, 4), x and y (h, w) in px -> (m, h, w) bool."""
    left, top, right, bottom = boxes.T[:, :, None, None]
    return (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
