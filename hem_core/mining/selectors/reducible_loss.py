"""Keep examples that are hard for this model and easy for a reference model."""

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._ranges import between
from hem_core.mining.selectors._hardest import count, hardest
from hem_core.mining.selectors._selector import Selector


class ReducibleLoss(Selector):
    """Keeps the share `keep` of a batch with the highest loss - reference loss.

    keep in 0 .. 1. reference (B,) is the loss of a model trained on other data of the same kind: examples that are hard
    for that one too are noisy or ambiguous and not worth a step (`mining.reference_losses` makes it for a data set).
    An example whose reference is NaN, or as infinite as its loss, comes after all others: what can be learned from it
    is unknown.
    Raises MiningError where no reference is given.

    >>> import torch
    >>> select = ReducibleLoss(keep=0.5)
    >>> losses = torch.tensor([5.0, 2.0, 0.1, 1.0])
    >>> irreducible = torch.tensor([4.9, 0.2, 0.1, 0.4])     # left to learn: .1, 1.8, 0, .6
    >>> select(losses, reference=irreducible)
    tensor([1, 3])
    >>> select.report().mean_loss_kept
    1.5

    Reference: Mindermann et al. 2022 (RHO-LOSS), arXiv:2206.07137. Changed: nothing in the formula; `keep` is a half
    by default, the paper draws a tenth from ten times larger batches.
    """

    def __init__(self, keep: float = 0.5, *, noise: float | None = None) -> None:
        super().__init__(noise=noise)
        self.keep = between("keep", keep, 0, 1)

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        if reference is None:
            raise MiningError(
                "ReducibleLoss expects reference=(B,), the losses of a model trained on other data; got none: "
                "pass reference=mining.reference_losses(model, loader)[index]"
            )
        left = losses - reference
        left = left.where(~left.isnan(), -torch.inf)  # a NaN, as infinity less infinity is one, would be sorted first
        return hardest(left, count(self.keep, len(losses)))
