"""Keep all examples above a fixed loss, and at least a minimum number."""

from torch import Tensor

from hem_core.mining._ranges import at_least
from hem_core.mining.selectors._hardest import hardest
from hem_core.mining.selectors._selector import Selector


class Threshold(Selector):
    """Keeps what has a loss of at least `min_loss`, or the `min_kept` hardest where these are fewer.

    Made for pixels: HardExampleLoss flattens their losses, and min_kept counts pixels of the whole batch. A
    cross-entropy of -log(0.7) = 0.357 is a pixel whose class got a probability of 0.7.

    >>> import torch
    >>> losses = torch.tensor([0.1, 0.9, 0.05, 0.4])
    >>> Threshold(0.357)(losses)
    tensor([1, 3])
    >>> select = Threshold(0.357, min_kept=3)
    >>> select(losses)
    tensor([0, 1, 3])
    >>> select.report().fraction_kept
    0.75

    Reference: Wu et al. 2016 (online bootstrapping of pixels), arXiv:1605.06885. Changed: min_kept for the batch,
    not for each image.
    """

    def __init__(self, min_loss: float, *, min_kept: int = 1, noise: float | None = None) -> None:
        super().__init__(noise=noise)
        self.min_loss, self.min_kept = min_loss, at_least("min_kept", min_kept, 1)

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        kept = (losses >= self.min_loss).nonzero()[:, 0]
        return kept if len(kept) >= self.min_kept else hardest(losses, self.min_kept)
