from torch import Tensor


def confidence_mean(epoch_confidences: Tensor) -> Tensor:
    """What the given label lacked in probability, averaged over the epochs: 1 - mean p_y.

    epoch_confidences (N, E) in 0 .. 1; NaN = not seen in that epoch, skipped.
    Returns (N,) in 0 .. 1; higher = harder (sign flipped). NaN (null in the table) where never seen.
    Reference: Swayamdipta et al. 2020, arXiv:2009.10795.
    """
    return 1 - epoch_confidences.float().nanmean(dim=1)  # (N, E) -> (N,)
