import torch
from torch import Tensor

from hem_core.errors import DataError


def margin(logits: Tensor, targets: Tensor) -> Tensor:
    """How far the best other class is ahead of the given label: max over k != y of z_k, minus z_y.

    logits (N, K) before softmax, K >= 2; targets (N,) int64 in [0, K).
    Returns (N,) logits in -inf .. inf; higher = harder (above 0 = predicted as another class).
    Raises DataError when K is 1: there is no other class.
    Cost: one forward pass; itself about 0.1 µs an example.
    Use it: out-of-sample, as the first choice to rank suspected label errors; in-sample it collapses as the loss
    does.
    Reference: Pleiss et al. 2020, arXiv:2001.10528, one epoch of it, sign flipped.
    """
    if logits.shape[1] < 2:
        raise DataError(
            "score 'margin' needs logits of 2 or more classes; these have 1; "
            "a binary model's single logit z is the two columns (0, z)"
        )
    logits, label = logits.float(), targets.unsqueeze(1)
    others = logits.scatter(1, label, -torch.inf).amax(dim=1)  # (N, K) -> (N,)
    return others - logits.gather(1, label).squeeze(1)
