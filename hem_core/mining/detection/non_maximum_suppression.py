import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import loss_vector

BLOCK = 256
"""Candidates that are compared with each other at once; it bounds the memory."""


@torch.no_grad()
def non_maximum_suppression(boxes: Tensor, scores: Tensor, iou: float = 0.5, n: int | None = None) -> Tensor:
    """Rows of the boxes that overlap none with a higher score by more than `iou`: one box per place.

    boxes (R, 4): x1, y1, x2, y2; scores (R,), higher = kept first, ties go to the lower row; iou in 0 .. 1; n: stop
    after so many. What is suppressed suppresses nothing. Returns (T,) int64, the highest score first.
    Plain torch on the device of the boxes, in O(T R) time, without an R × R matrix.
    Raises MiningError for a score that is NaN, other shapes, iou outside 0 .. 1.
    Reference: Felzenszwalb et al. 2010, doi:10.1109/TPAMI.2009.167, section 6.2 (greedy suppression by overlap).

    >>> import torch
    >>> from hem_core import mining
    >>> boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 11], [50, 50, 60, 60]])
    >>> mining.non_maximum_suppression(boxes, torch.tensor([0.6, 0.9, 0.3])).tolist()
    [1, 2]
    """
    scores = loss_vector(scores, "non_maximum_suppression")
    if boxes.shape != (len(scores), 4) or not 0 <= iou <= 1:
        raise MiningError(
            f"non_maximum_suppression expects boxes ({len(scores)}, 4), one per score, and iou in 0 .. 1; got "
            f"{tuple(boxes.shape)} and {iou:g}"
        )
    order = scores.to(boxes.device).argsort(descending=True, stable=True)
    return apart(boxes.detach(), order, iou, len(scores) if n is None else n)


def apart(boxes: Tensor, order: Tensor, iou: float, n: int) -> Tensor:
    """The first n of `order` whose box overlaps none taken before by more than `iou`.

    boxes (R, 4): x1, y1, x2, y2; order (M,) int64: rows of boxes, the best first. Returns at most n of them, in this
    order.
    """
    taken = order[:0]
    for block in order.split(BLOCK):
        if len(taken) >= n:
            break
        free = block[~(_iou(boxes[taken], boxes[block]) > iou).any(dim=0)] if len(taken) else block
        own = boxes[free]
        first = free[_apart_in_block((_iou(own, own) > iou).cpu())]
        taken = torch.cat([taken, first]) if len(taken) else first
    return taken[:n]


def _apart_in_block(overlaps: Tensor) -> list[int]:
    """Of candidates in order, those that overlap no candidate taken before; overlaps (m, m) bool, on the CPU."""
    rows, is_out = overlaps.numpy(), torch.zeros(len(overlaps), dtype=torch.bool).numpy()  # tensors index slowly
    taken: list[int] = []
    for row in range(len(rows)):
        if not is_out[row]:
            taken.append(row)
            is_out |= rows[row]
    return taken


def _iou(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union of boxes (T, 4) with boxes (M, 4): (T, M) in 0 .. 1; 0 where both are empty."""
    sides = torch.minimum(one[:, None, 2:], other[None, :, 2:]) - torch.maximum(one[:, None, :2], other[None, :, :2])
    both = sides.clamp(min=0).prod(dim=2)  # (T, M, 2) -> (T, M)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(dim=1) for boxes in (one, other)]
    either = areas[0][:, None] + areas[1][None, :] - both
    return torch.where(either > 0, both / either, torch.zeros_like(both))
