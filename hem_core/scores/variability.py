from torch import Tensor


def variability(epoch_confidences: Tensor) -> Tensor:
    """How much the given label's probability moved over the epochs: std of p_y.

    epoch_confidences (N, E) in 0 .. 1; NaN = not seen in that epoch, skipped.
    Returns (N,) in 0 .. 0.5; higher = harder to settle; a plot axis of the data map, never a headline: the
    easiest and the hardest examples are both low.
    NaN (null in the table) where never seen.
    Cost: a recorded training (2 µs an example and epoch); itself next to nothing.
    Use it: as the axis of a data map that shows what wavered; not to rank by.
    Reference: Swayamdipta et al. 2020, arXiv:2009.10795 (divided by the epochs seen, not by one less).
    """
    confidences = epoch_confidences.float()
    distances = confidences - confidences.nanmean(dim=1, keepdim=True)
    return distances.square().nanmean(dim=1).sqrt()  # (N, E) -> (N,)
