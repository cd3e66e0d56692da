"""Keep the easy part of a batch, for data with wrong labels."""

from torch import Tensor

from hem_core.mining._ranges import between
from hem_core.mining.selectors._hardest import count, hardest
from hem_core.mining.selectors._selector import Selector


class SmallLoss(Selector):
    """Keeps the share `keep` of a batch with the lowest loss; the share falls from 1 to `keep` while progress < ramp.

    keep in 0 .. 1, best 1 - the share of wrong labels; ramp in 0 .. 1, the part of the training in which it falls
    (without a known progress `keep` holds). Ties go to the lower position. `noise` is that of what it picks, as
    everywhere, not that of the data.

    >>> import torch
    >>> losses = torch.tensor([0.1, 9.0, 0.7, 0.2])
    >>> select = SmallLoss(keep=0.5, ramp=0.2)
    >>> select(losses)
    tensor([0, 3])
    >>> select(losses, progress=0.1)                     # half way down from 1 to .5: three of four
    tensor([0, 2, 3])
    >>> select.report().mean_loss_dropped
    9.0

    Reference: Han et al. 2018 (Co-teaching), arXiv:1804.06872. Changed: one network picks for itself.
    """

    def __init__(self, keep: float = 0.8, *, ramp: float = 0.1, noise: float | None = None) -> None:
        super().__init__(noise=noise)
        self.keep, self.ramp = between("keep", keep, 0, 1), between("ramp", ramp, 0, 1)

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        done = 1.0 if progress is None or progress >= self.ramp else progress / self.ramp
        return hardest(-losses, count(1 - (1 - self.keep) * done, len(losses)))
