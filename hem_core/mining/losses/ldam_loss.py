from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.losses._effective_number import class_weights
from hem_core.mining.losses._per_example import Reduction, checked, counted, counting, known_reduction, reduced


class LDAMLoss(nn.Module):
    """Cross entropy with a larger margin for rarer classes, which are up-weighted late in the training.

    class_counts (K,): examples of each class in the training set, each at least 1. The margin of class k is in
    proportion to n_k^(-1/4), the largest is max_margin; the logits less it are multiplied by `scale`: 30 for cosines
    in -1 .. 1 (NormedLinear), 1 for the logits of a plain linear layer. From the share `start` of the training on,
    losses are weighted by the classes' effective numbers with `beta` (deferred re-weighting; start=1 never): call
    `set_progress(step / n_steps)` or `set_epoch(epoch, n_epochs)`. Both are kept in the state_dict.
    ignore_index: a target that is not counted: its loss is 0, and the mean excludes it.
    forward(logits (N, K), targets (N,) int64 in [0, K)) gives the mean (0 of no examples), the sum or, with
    reduction="none", the losses (N,) >= 0; higher = harder. In eval mode there is neither margin nor weight.
    Raises MiningError for other shapes or options.
    Use it: for a long tail, with a cosine head and a training long enough to have two phases.
    Reference: Cao et al. 2019, arXiv:1906.07413; the weights' mean is 1 over the training examples, where the authors'
    code divides by the sum of each batch's weights.

    >>> import torch
    >>> from hem_core import mining
    >>> loss_fn = mining.LDAMLoss([160, 10], start=0.8)
    >>> [round(value, 3) for value in loss_fn.margins.tolist()]  # 16 times the examples, half the margin
    [0.25, 0.5]
    >>> cosines, targets = torch.zeros(4, 2, requires_grad=True), torch.tensor([0, 0, 0, 1])
    >>> for epoch in range(10):
    ...     loss_fn.set_epoch(epoch, 10)  # from epoch 8 on with weights
    ...     loss_fn(cosines, targets).backward()
    """

    reduction: Reduction
    margins: Tensor
    weights: Tensor
    progress: Tensor

    def __init__(
        self,
        class_counts: Sequence[int] | Tensor,
        max_margin: float = 0.5,
        scale: float = 30.0,
        beta: float = 0.9999,
        start: float = 0.8,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        if max_margin < 0 or scale <= 0:
            raise MiningError(f"max_margin must be 0 or more and scale above 0; they are {max_margin:g}, {scale:g}")
        if not 0 <= start <= 1:
            raise MiningError(f"start must be in 0 .. 1; it is {start:g}")
        counts = counted(class_counts)
        margins = counts**-0.25
        self.scale, self.start, self.reduction = float(scale), float(start), known_reduction(reduction)
        self.ignore_index = ignore_index
        self.register_buffer("margins", (margins * (max_margin / margins.max())).float())
        self.register_buffer("weights", class_weights(counts, beta).float())
        self.register_buffer("progress", torch.tensor(0.0))

    def set_progress(self, progress: float) -> None:
        """Set the share of the training that is done, in 0 .. 1."""
        if not 0 <= progress <= 1:
            raise MiningError(f"progress is the share of the training that is done, in 0 .. 1; it is {progress:g}")
        self.progress.fill_(progress)

    def set_epoch(self, epoch: int, n_epochs: int) -> None:
        """Set the epoch that begins, from 0, and the number of epochs."""
        self.set_progress(epoch / n_epochs)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        logits = checked(logits, targets, len(self.margins), self.ignore_index)
        entropy = partial(F.cross_entropy, target=targets, reduction="none", ignore_index=self.ignore_index)
        counts, classes = counting(targets, self.ignore_index)
        if not self.training:
            return reduced(entropy(self.scale * logits), self.reduction, counts)
        label = classes.unsqueeze(1)
        margins = self.margins.to(logits.dtype)[label]  # (K,) -> (N, 1)
        losses = entropy(self.scale * logits.scatter_add(1, label, -margins))
        is_late = self.progress >= (self.start if self.start < 1 else torch.inf)
        weights = torch.where(is_late, self.weights, torch.ones_like(self.weights))  # no wait for the device
        return reduced(weights.to(losses.dtype)[classes] * losses, self.reduction, counts)
