import torch
import torch.nn.functional as F
from torch import Tensor


def learned_epoch(epoch_hits: Tensor) -> Tensor:
    """When the example was learned for good: the last epoch in which it was wrong, counted from 1.

    epoch_hits (N, E): 1 = right, 0 = wrong, NaN = not seen in that epoch, skipped.
    Returns (N,) epochs in 0 .. E; higher = harder (0 = never wrong, E = still wrong at the end).
    NaN (null in the table) where never seen.
    Cost: a recorded training (2 µs an example and epoch); itself next to nothing.
    Use it: to put examples into the order of a curriculum; a late example is hard or wrong, and the score does not say
    which.
    Reference: Toneva et al. 2018, arXiv:1812.05159, which asks for the first right epoch; this one asks for
    the last wrong one, so that a lucky early hit does not count.
    """
    hits = epoch_hits.float()
    numbers = torch.arange(1, hits.shape[1] + 1, device=hits.device, dtype=hits.dtype)  # (E,)
    wrong = F.pad(numbers.where(hits == 0, 0), (1, 0))  # (N, 1 + E): with a 0 in front E = 0 has a maximum
    return wrong.amax(dim=1).where((~hits.isnan()).any(dim=1), torch.nan)
