from torch import Tensor

TITLE = "share of epochs wrong"


def correctness(epoch_hits: Tensor) -> Tensor:
    """Share of the epochs in which the example was predicted wrong: 1 - mean hit.

    epoch_hits (N, E): 1 = right, 0 = wrong, NaN = not seen in that epoch, skipped.
    Returns (N,) in 0 .. 1; higher = harder (sign flipped). NaN (null in the table) where never seen.
    Cost: a recorded training (2 µs an example and epoch); itself next to nothing.
    Use it: as the colour of a data map; it ties a lot when the epochs are few.
    Reference: Swayamdipta et al. 2020, arXiv:2009.10795.
    """
    return 1 - epoch_hits.float().nanmean(dim=1)  # (N, E) -> (N,)
