from torch import Tensor

TITLE = "1 − mean confidence"


def confidence_mean(epoch_confidences: Tensor) -> Tensor:
    """What the given label lacked in probability, averaged over the epochs: 1 - mean p_y.

    epoch_confidences (N, E) in 0 .. 1; NaN = not seen in that epoch, skipped.
    Returns (N,) in 0 .. 1; higher = harder (sign flipped). NaN (null in the table) where never seen.
    Cost: a recorded training (2 µs an example and epoch); itself next to nothing.
    Use it: as the steadiest single measure of difficulty in-sample; hard and wrongly labelled look alike to it.
    Reference: Swayamdipta et al. 2020, arXiv:2009.10795.
    """
    return 1 - epoch_confidences.float().nanmean(dim=1)  # (N, E) -> (N,)
