"""The losses of a batch that count: those whose target is not ignored."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining.report import UNLABELLED


def counted(input: Any, target: Tensor, losses: Tensor, ignore_index: int | None) -> Tensor:
    """Which losses count, bool of their shape.

    target has as many elements as the losses, else all count. ignore_index None: -100 where targets are classes, that
    is where the input has one dimension more, for K classes, as the second (as torch wants it) or as the last one;
    else nothing is ignored. Raises MiningError for a target that is neither in [0, K) nor ignored.
    """
    everything = torch.ones_like(losses, dtype=torch.bool)
    if target.numel() != losses.numel() or target.is_floating_point() or target.dtype == torch.bool:
        return everything
    n_classes = _n_classes(input, target)
    if ignore_index is None and n_classes is None:
        return everything
    is_counted = target != (UNLABELLED if ignore_index is None else ignore_index)
    if n_classes is not None:
        is_wrong = is_counted & ((target < 0) | (target >= n_classes))
        if is_wrong.any():
            wrong = int(target[is_wrong][0])
            raise MiningError(
                f"target {wrong} is not a class in 0 .. {n_classes - 1}; if loss_fn ignores it, pass "
                f"HardExampleLoss(…, ignore_index={wrong})"
            )
    return is_counted.reshape(losses.shape)


def without(is_dropped: Tensor, input: Any, target: Tensor) -> Any:
    """The input with zeros where the losses are dropped, so that no gradient flows there; 0 × NaN would be NaN."""
    if not isinstance(input, Tensor) or target.numel() != is_dropped.numel():
        return input
    is_dropped = is_dropped.reshape(target.shape)
    if input.shape == target.shape:
        return input.masked_fill(is_dropped, 0)
    if _n_classes(input, target) is None:
        return input
    is_second = input.shape[2:] == target.shape[1:]
    return input.masked_fill(is_dropped.unsqueeze(1 if is_second else -1), 0)


def _n_classes(input: Any, target: Tensor) -> int | None:
    """K of an input (B, K, …) or (B, …, K) beside a target (B, …); None where it has another shape."""
    if not isinstance(input, Tensor) or input.ndim != target.ndim + 1 or input.shape[0] != target.shape[0]:
        return None
    if input.shape[2:] == target.shape[1:]:
        return input.shape[1]
    return input.shape[-1] if input.shape[:-1] == target.shape else None
