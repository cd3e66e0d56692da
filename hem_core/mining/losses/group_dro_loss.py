from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.losses._per_example import Reduction, counted, counting, known_reduction, reduced


class GroupDROLoss(nn.Module):
    """The mean loss of each group, weighted by weights that grow where the loss is large: for the worst group.

    group_counts (G,): examples of each group in the training set, each at least 1; loss_fn(logits, targets) -> (N,),
    the cross entropy by default; step_size: how fast the weights move; adjustment C >= 0 adds C / sqrt(n_g) to the
    loss that moves them, since small groups generalise worse: the paper tries 0 to 5.
    forward(logits, targets, groups (N,) int64 in [0, G)) gives sum over g of q_g × mean loss of g in the batch, the
    mean of what reduction="none" gives; higher = harder. In training mode each call first moves the weights q of the
    groups that are there and whose loss is finite; `group_weights` (G,) sum to 1 and are kept in the state_dict.
    Batches should hold all groups alike (draw them with weights 1 / n_g), with strong weight decay or early stopping:
    at a training loss of 0 all groups are equally good. ignore_index: a target (of an integer type) that is
    not counted: its loss is 0, and its group excludes it. Each process of a distributed training has its own
    weights. `report()` has the groups' weights and last losses.
    Raises MiningError for other shapes or options, and for a loss_fn that gives a scalar.
    Reference: Sagawa et al. 2020, arXiv:1911.08731, algorithm 1; a group that is not in the batch keeps its weight
    but for the scaling to 1, also with an adjustment.

    >>> import torch
    >>> from hem_core import mining
    >>> groups = torch.tensor([0, 0, 0, 1])
    >>> loss_fn = mining.GroupDROLoss(torch.bincount(groups), step_size=1.0)
    >>> logits, targets = torch.tensor([[3.0, 0], [3, 0], [3, 0], [0, 3]], requires_grad=True), torch.zeros(4).long()
    >>> for _ in range(3):
    ...     loss_fn(logits, targets, groups).backward()
    >>> loss_fn.group_weights[1] > 0.99  # the group of the wrong example
    tensor(True)
    """

    reduction: Reduction
    log_weights: Tensor
    margins: Tensor
    losses: Tensor

    def __init__(
        self,
        group_counts: Sequence[int] | Tensor,
        loss_fn: Callable[..., Tensor] | None = None,
        step_size: float = 0.01,
        adjustment: float = 0.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
    ) -> None:
        super().__init__()
        if step_size < 0 or adjustment < 0:
            raise MiningError(f"step_size and adjustment must be 0 or more; they are {step_size:g}, {adjustment:g}")
        counts = counted(group_counts, "group_counts")
        self.loss_fn, self.step_size, self.reduction = loss_fn, float(step_size), known_reduction(reduction)
        self.ignore_index = ignore_index
        self.register_buffer("log_weights", torch.full((len(counts),), 1 / len(counts)).log())
        self.register_buffer("margins", (adjustment * counts**-0.5).float())
        self.register_buffer("losses", torch.full((len(counts),), torch.nan))

    @property
    def group_weights(self) -> Tensor:
        """(G,) weights q of the groups, which sum to 1."""
        return self.log_weights.softmax(dim=0)

    def forward(self, logits: Any, targets: Tensor, groups: Tensor) -> Tensor:
        losses = self._losses(logits, targets)
        if losses.ndim != 1 or groups.shape != losses.shape or groups.dtype != torch.int64:
            raise MiningError(
                f"expected losses (N,) and groups (N,) int64; got {tuple(losses.shape)} and {tuple(groups.shape)} "
                f"{str(groups.dtype).removeprefix('torch.')}" + ("; pass reduction='none'" if losses.ndim == 0 else "")
            )
        counts = torch.ones_like(groups, dtype=torch.bool)
        if targets.shape == losses.shape and not targets.is_floating_point():
            counts, _ = counting(targets, self.ignore_index)
            losses, groups = losses.where(counts, 0), groups.where(counts, 0)
        sizes = torch.zeros_like(self.log_weights).index_add(0, groups, counts.float())
        if self.training:
            self._move(losses.detach().float(), groups, sizes)
        shares = self.group_weights / sizes.clamp(min=1) * counts.sum()  # (G,); of mean 1 over the q of a batch
        return reduced(shares.to(losses.dtype)[groups] * losses, self.reduction, counts)

    def _losses(self, logits: Any, targets: Tensor) -> Tensor:
        if self.loss_fn is None:
            return F.cross_entropy(logits, targets, reduction="none", ignore_index=self.ignore_index)
        return self.loss_fn(logits, targets)

    @torch.no_grad()
    def _move(self, losses: Tensor, groups: Tensor, sizes: Tensor) -> None:
        means = torch.zeros_like(self.log_weights).index_add(0, groups, losses) / sizes.clamp(min=1)
        is_known = (sizes > 0) & means.isfinite()
        step = torch.where(is_known, self.step_size * (means + self.margins), torch.zeros_like(means))
        self.log_weights.copy_((self.log_weights + step).log_softmax(dim=0))
        self.losses.copy_(torch.where(is_known, means, self.losses))

    def report(self) -> dict[str, list[float]]:
        """`weights` and `losses` of the G groups: now, and the mean in the last batch that had it (NaN: none)."""
        return {"weights": self.group_weights.tolist(), "losses": self.losses.tolist()}
