"""Keep the hardest part of a batch."""

from torch import Tensor

from hem_core.mining._ranges import between
from hem_core.mining.selectors._hardest import count, hardest
from hem_core.mining.selectors._selector import Selector


class TopK(Selector):
    """Keeps the share `keep` of a batch with the highest loss, after the share `drop_top` that is higher still.

    keep in 0 .. 1, drop_top in 0 .. 1 (the part most often mislabelled); both are of the whole batch and rounded, so
    drop_top=0.02 drops nothing from 16 and 1 from 32; one example is kept at least. Ties go to the lower position.

    >>> import torch
    >>> losses = torch.tensor([0.1, 9.0, 0.7, 0.2])
    >>> TopK(keep=0.5)(losses)
    tensor([1, 2])
    >>> select = TopK(keep=0.5, drop_top=0.25)
    >>> select(losses)
    tensor([2, 3])
    >>> select.report().fraction_kept
    0.5

    Reference: Shrivastava et al. 2016 (OHEM), arXiv:1604.03540. Changed: a batch of examples for the regions of an
    image, no suppression of overlaps (see RoiOhem), and drop_top.
    """

    def __init__(self, keep: float = 0.5, drop_top: float = 0.0, *, noise: float | None = None) -> None:
        super().__init__(noise=noise)
        self.keep, self.drop_top = between("keep", keep, 0, 1), between("drop_top", drop_top, 0, 1)

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        dropped = min(round(self.drop_top * len(losses)), len(losses) - 1)
        return hardest(losses, count(self.keep, len(losses)), skip=dropped)
