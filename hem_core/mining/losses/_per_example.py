"""What all losses over (N, K) logits share: their door, the class counts, the ignored targets, the reduction."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from hem_core.errors import MiningError

Reduction = Literal["none", "mean", "sum"]


def known_reduction(reduction: Reduction) -> Reduction:
    """The reduction as it is. Raises MiningError when there is no such one."""
    if reduction not in get_args(Reduction):
        raise MiningError(f"no reduction '{reduction}'; there are: {', '.join(get_args(Reduction))}")
    return reduction


def reduced(losses: Tensor, reduction: Reduction, counts: Tensor) -> Tensor:
    """The vector (N,) itself, its sum, or its mean over those that count, (N,) bool; 0 where none does.

    The losses of the others are 0 already.
    """
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / counts.sum().clamp(min=1)


def counting(targets: Tensor, ignore_index: int) -> tuple[Tensor, Tensor]:
    """Which targets (N,) count, bool; and the targets with class 0 in place of the ignored, to look weights up by."""
    counts = targets != ignore_index
    return counts, targets.where(counts, torch.zeros_like(targets))


def checked(logits: Tensor, targets: Tensor, n_classes: int | None = None, ignore_index: int = -100) -> Tensor:
    """The logits (N, K), in float32 where they had half precision.

    Raises MiningError for other shapes, for targets that are not (N,) int64, for a K that is not n_classes, and, on
    the CPU (a GPU would have to be waited for, and stops by itself), for a target that is neither a class nor ignored.
    """
    if logits.ndim != 2 or targets.shape != logits.shape[:1] or targets.dtype != torch.int64:
        raise MiningError(
            f"expected logits (N, K) and targets (N,) int64; got {tuple(logits.shape)} and "
            f"{tuple(targets.shape)} {str(targets.dtype).removeprefix('torch.')}; flatten pixels or tokens first"
        )
    if n_classes is not None and logits.shape[1] != n_classes:
        raise MiningError(f"class_counts has {n_classes} classes; the logits have {logits.shape[1]} columns")
    if targets.device.type == "cpu":
        _check_classes(targets, logits.shape[1], ignore_index)
    return logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits


def _check_classes(targets: Tensor, n_classes: int, ignore_index: int) -> None:
    is_wrong = ((targets < 0) | (targets >= n_classes)) & (targets != ignore_index)
    if is_wrong.any():
        raise MiningError(
            f"target {int(targets[is_wrong][0])} is not a class in 0 .. {n_classes - 1}; if it marks examples without "
            f"a label, create the loss with ignore_index={int(targets[is_wrong][0])} (it is {ignore_index} now)"
        )


def counted(class_counts: Sequence[int] | Tensor, name: str = "class_counts") -> Tensor:
    """The counts as (K,) float64. Raises MiningError, by name, unless each of the K >= 1 has an example."""
    if isinstance(class_counts, Mapping):
        raise MiningError(
            f"{name} must be a vector, class 0 first; got a mapping: pass [counts[k] for k in range(n_classes)], or "
            "torch.bincount(targets, minlength=n_classes)"
        )
    counts = torch.as_tensor(class_counts).to(torch.float64)
    if counts.ndim != 1 or not len(counts):
        raise MiningError(f"{name} must be a vector of numbers of examples; got the shape {tuple(counts.shape)}")
    if counts.isinf().any():
        raise MiningError(f"{name}[{int(counts.isinf().int().argmax())}] is infinite; it must be a number of examples")
    empty = torch.nonzero(~(counts >= 1)).flatten().tolist()
    if empty:
        raise MiningError(
            f"{name}[{empty[0]}] is {counts[empty[0]]:g}; each needs an example: drop the class, or count it as 1"
        )
    return counts
