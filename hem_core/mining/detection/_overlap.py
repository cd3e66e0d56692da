"""Boxes that cover the same place."""

import torch
from torch import Tensor


def apart(boxes: Tensor, order: Tensor, iou: float, n: int) -> Tensor:
    """The first n of `order` whose box overlaps none taken before by more than `iou`.

    boxes (R, 4): x1, y1, x2, y2; order (M,) int64: rows of boxes, the best first. Returns at most n of them, in this
    order. Greedy non-maximum suppression that stops when it has enough: O(n M), and no M × M matrix.
    """
    taken: list[Tensor] = []
    while len(order) and len(taken) < n:
        best, order = order[0], order[1:]
        taken.append(best)
        order = order[_iou(boxes[best], boxes[order]) <= iou]
    return torch.stack(taken) if taken else order[:0]


def _iou(box: Tensor, boxes: Tensor) -> Tensor:
    """Intersection over union of a box (4,) with boxes (M, 4), in 0 .. 1; 0 where both are empty."""
    sides = (torch.minimum(box[2:], boxes[:, 2:]) - torch.maximum(box[:2], boxes[:, :2])).clamp(min=0)
    both = sides.prod(dim=1)  # (M, 2) -> (M,)
    either = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(dim=1) - both
    return torch.where(either > 0, both / either, torch.zeros_like(both))
