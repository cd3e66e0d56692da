from torch import Tensor

from hem_core.errors import DataError

TITLE = "−AUM"


def aum(epoch_margins: Tensor, *, epochs: int | None = None) -> Tensor:
    """How far the best other class was ahead of the given label while training: mean over the epochs of the
    max over k != y of z_k, minus z_y.

    epoch_margins (N, E), logged in the training batches; NaN = not seen in that epoch, skipped. epochs: only
    so many from the start, None = all; a net that memorises its labels needs such a window.
    Returns (N,) logits in -inf .. inf; higher = harder (sign flipped).
    NaN (null in the table) where never seen.
    Raises DataError when epochs is below 1.
    Cost: a recorded training (2 µs an example and epoch); itself next to nothing.
    Use it: to rank wrong labels where the training was recorded, windowed where the net memorised later.
    Reference: Pleiss et al. 2020, arXiv:2001.10528.
    """
    if epochs is not None and epochs < 1:
        raise DataError(f"score 'aum' needs epochs of 1 or more, or None for all; this is {epochs}")
    return epoch_margins[:, :epochs].float().nanmean(dim=1)  # (N, E) -> (N,)
