import torch
from torch import Tensor


def forgetting(epoch_hits: Tensor) -> Tensor:
    """How often the example was forgotten: turns from right to wrong; never learned counts E.

    epoch_hits (N, E): 1 = right, 0 = wrong, NaN = not seen in that epoch; a turn is between two epochs in
    which it was seen. What was never right was never forgotten, and a 0 would make it the easiest.
    Returns (N,) epochs in 0 .. E; higher = harder. NaN (null in the table) where never seen.
    Cost: a recorded training (2 µs an example and epoch); itself next to nothing.
    Use it: to leave out what is never forgotten, with ten epochs or more; coarse, and weak once the net memorises.
    Reference: Toneva et al. 2018, arXiv:1812.05159; E in place of infinity for the never learned.
    """
    hits = epoch_hits.float()
    is_right, is_wrong = hits == 1, hits == 0
    was_right = _carried(hits)[:, :-1] == 1
    turns = (was_right & is_wrong[:, 1:]).sum(dim=1).float()  # (N, E - 1) -> (N,)
    turns = turns.where(is_right.any(dim=1), float(hits.shape[1]))
    return turns.where((is_right | is_wrong).any(dim=1), torch.nan)


def _carried(hits: Tensor) -> Tensor:
    """Each epoch's hit or, where it was not seen, that of the last epoch in which it was. (N, E) -> (N, E)"""
    if hits.shape[1] == 0:
        return hits
    epochs = torch.arange(hits.shape[1], device=hits.device)
    last_seen = epochs.where(~hits.isnan(), 0).cummax(dim=1).values
    return hits.gather(1, last_seen)
