from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.losses._per_example import Reduction, checked, counting, known_reduction, reduced


class FocalLoss(nn.Module):
    """Cross entropy that fades for examples the model is sure of: alpha_y (1 - p_y)^gamma (-log p_y).

    gamma >= 0: 0 is plain cross entropy, 2 the paper's choice; alpha: None or (K,) weights of the classes;
    ignore_index: a target that is not counted: its loss is 0, and the mean excludes it.
    forward(logits (N, K) before softmax, targets (N,) int64 in [0, K)) gives the mean (0 of no examples), the sum or,
    with reduction="none", the losses (N,) >= 0; higher = harder.
    Raises MiningError for other shapes or options.
    Use it: where most examples are easy and labels are right; a wrong label stays hard.
    Reference: Lin et al. 2017, arXiv:1708.02002, there of sigmoids and divided by the number of objects, here of the
    softmax and averaged.

    >>> import torch
    >>> from hem_core import mining
    >>> loss_fn = mining.FocalLoss(gamma=2, reduction="none")
    >>> logits = torch.tensor([[0.0, 0.0], [4.0, 0.0]], requires_grad=True)
    >>> losses = loss_fn(logits, torch.tensor([0, 0]))
    >>> [round(value, 4) for value in losses.tolist()]  # 1/4 of log 2, and next to nothing
    [0.1733, 0.0]
    >>> losses.mean().backward()
    """

    reduction: Reduction
    alpha: Tensor | None

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: Sequence[float] | Tensor | None = None,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        if gamma < 0:
            raise MiningError(f"gamma must be 0 or more; it is {gamma:g}")
        self.gamma, self.reduction, self.ignore_index = float(gamma), known_reduction(reduction), ignore_index
        self.register_buffer("alpha", None if alpha is None else torch.as_tensor(alpha, dtype=torch.float32))
        if self.alpha is not None and self.alpha.ndim != 1:
            raise MiningError(f"alpha must be (K,) weights, one per class; got the shape {tuple(self.alpha.shape)}")

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        logits = checked(logits, targets, ignore_index=self.ignore_index)
        counts, classes = counting(targets, self.ignore_index)
        entropy = F.cross_entropy(logits, targets, reduction="none", ignore_index=self.ignore_index)
        # Away from 0, where the power's slope is infinite for a gamma below 1.
        missed = -(-entropy).expm1().clamp(max=-torch.finfo(entropy.dtype).tiny)
        losses = missed**self.gamma * entropy
        if self.alpha is None:
            return reduced(losses, self.reduction, counts)
        if len(self.alpha) != logits.shape[1]:
            raise MiningError(f"alpha has {len(self.alpha)} weights; the logits have {logits.shape[1]} columns")
        return reduced(self.alpha.to(losses.dtype)[classes] * losses, self.reduction, counts)
