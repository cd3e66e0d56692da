"""Which losses of a batch count: not those whose target is to be ignored."""

from __future__ import annotations

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining.report import UNLABELLED


def counted(input: Tensor, target: Tensor, losses: Tensor, ignore_index: int | None) -> Tensor:
    """Which losses count, bool of their shape.

    ignore_index None: -100 where targets are classes, that is where the input has one more dimension, dim 1, for K
    classes; else nothing is ignored. Raises MiningError for a target that is neither in [0, K) nor ignored.
    """
    everything = torch.ones_like(losses, dtype=torch.bool)
    if target.shape != losses.shape or target.is_floating_point() or target.dtype == torch.bool:
        return everything
    are_classes = input.ndim == target.ndim + 1 and input.shape[2:] == target.shape[1:]
    if ignore_index is None and not are_classes:
        return everything
    is_counted = target != (UNLABELLED if ignore_index is None else ignore_index)
    if are_classes:
        is_wrong = is_counted & ((target < 0) | (target >= input.shape[1]))
        if is_wrong.any():
            wrong = int(target[is_wrong][0])
            raise MiningError(
                f"target {wrong} is no class in 0 .. {input.shape[1] - 1}; where loss_fn ignores it, pass it on: "
                f"HardExampleLoss(…, ignore_index={wrong})"
            )
    return is_counted


def without(is_dropped: Tensor, input: Tensor) -> Tensor:
    """The input with zeros where the losses are dropped, so that no gradient flows there; 0 × NaN would be NaN."""
    if input.shape == is_dropped.shape:
        return input.masked_fill(is_dropped, 0)
    if input.ndim == is_dropped.ndim + 1 and input.shape[2:] == is_dropped.shape[1:]:
        return input.masked_fill(is_dropped.unsqueeze(1), 0)
    return input
