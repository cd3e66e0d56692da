from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.losses._per_example import Reduction, checked, counted, counting, known_reduction, reduced


class BalancedSoftmaxLoss(nn.Module):
    """Cross entropy of logits + log n_k, so that the logits alone suit a test set whose classes are equally frequent.

    class_counts (K,): examples of each class in the training set, each at least 1, as
    `torch.bincount(targets, minlength=K)`; tau: strength, 0 is plain cross entropy, 1 the paper's; ignore_index: a
    target that is not counted: its loss is 0, and the mean excludes it.
    forward(logits (N, K) before softmax, targets (N,) int64 in [0, K)) gives the mean (0 of no examples), the sum or,
    with reduction="none", the losses (N,) >= 0; higher = harder. The counts are for training: predict by the argmax of
    the plain logits.
    Raises MiningError for other shapes or options.
    Use it: for a long tail, as a first choice; `hem retrain` takes tau = 1.25 there.
    Reference: Ren et al. 2020, arXiv:2007.10740, equation 4; tau: Menon et al. 2020, arXiv:2007.07314.

    >>> import torch
    >>> from hem_core import mining
    >>> targets = torch.tensor([0, 0, 0, 1])
    >>> loss_fn = mining.BalancedSoftmaxLoss(torch.bincount(targets, minlength=2), reduction="none")
    >>> logits = torch.zeros(4, 2, requires_grad=True)
    >>> losses = loss_fn(logits, targets)
    >>> [round(value, 3) for value in losses.exp().tolist()]  # 4/3, the frequent class; 4, the rare one
    [1.333, 1.333, 1.333, 4.0]
    >>> losses.mean().backward()
    """

    reduction: Reduction
    log_counts: Tensor

    def __init__(
        self,
        class_counts: Sequence[int] | Tensor,
        tau: float = 1.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        if tau < 0:
            raise MiningError(f"tau must be 0 or more; it is {tau:g}")
        self.tau, self.reduction, self.ignore_index = float(tau), known_reduction(reduction), ignore_index
        counts = counted(class_counts)
        self.register_buffer("log_counts", counts.log().float())

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        logits = checked(logits, targets, len(self.log_counts), self.ignore_index)
        shifted = logits + self.tau * self.log_counts.to(logits.dtype)
        losses = F.cross_entropy(shifted, targets, reduction="none", ignore_index=self.ignore_index)
        return reduced(losses, self.reduction, counting(targets, self.ignore_index)[0])
