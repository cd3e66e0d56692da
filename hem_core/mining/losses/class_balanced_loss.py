from collections.abc import Sequence

from torch import Tensor, nn

from hem_core.mining.losses._effective_number import class_weights
from hem_core.mining.losses._per_example import Reduction, checked, counted, counting, known_reduction, reduced
from hem_core.mining.losses.focal_loss import FocalLoss


class ClassBalancedLoss(nn.Module):
    """Focal loss or cross entropy, weighted by the inverse of the class's effective number of examples.

    class_counts (K,): examples of each class in the training set, each at least 1; beta in 0 .. 1: 0 weights all
    classes equally, 1 by 1 / n, the paper tries .9 to .9999; gamma >= 0 of the focal loss, 0 is cross entropy;
    ignore_index: a target that is not counted: its loss is 0, and the mean excludes it.
    forward(logits (N, K) before softmax, targets (N,) int64 in [0, K)) gives the mean (0 of no examples), the sum or,
    with reduction="none", the losses (N,) >= 0; higher = harder. `weights` (K,) are those of the classes.
    Raises MiningError for other shapes or options.
    Use it: for a long tail; where it does not train well from the start, LDAMLoss turns the same weights on late.
    Reference: Cui et al. 2019, arXiv:1901.05555; the weights' mean is 1 over the training examples, there over the
    classes.

    >>> import torch
    >>> from hem_core import mining
    >>> targets = torch.tensor([0, 0, 0, 1])
    >>> loss_fn = mining.ClassBalancedLoss(torch.bincount(targets, minlength=2), beta=1, reduction="none")
    >>> [round(value, 3) for value in loss_fn.weights.tolist()]  # 4 / (2 × 3), 4 / (2 × 1)
    [0.667, 2.0]
    >>> logits = torch.zeros(4, 2, requires_grad=True)
    >>> losses = loss_fn(logits, targets)
    >>> losses.mean().backward()
    """

    reduction: Reduction
    weights: Tensor

    def __init__(
        self,
        class_counts: Sequence[int] | Tensor,
        beta: float = 0.9999,
        gamma: float = 0.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        self.beta, self.reduction, self.ignore_index = float(beta), known_reduction(reduction), ignore_index
        self.focal = FocalLoss(gamma, reduction="none", ignore_index=ignore_index)
        self.register_buffer("weights", class_weights(counted(class_counts), self.beta).float())

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        logits = checked(logits, targets, len(self.weights), self.ignore_index)
        counts, classes = counting(targets, self.ignore_index)
        losses = self.focal(logits, targets)
        return reduced(self.weights.to(losses.dtype)[classes] * losses, self.reduction, counts)
