import math

import torch
from torch import Tensor


def entropy(logits: Tensor) -> Tensor:
    """Spread of the predicted probabilities over the classes: -sum of p log p, divided by log K.

    logits (N, K) before softmax; the label plays no part. With K = 1 nothing is uncertain: 0.
    Returns (N,) in 0 .. 1; higher = harder (1 = all classes alike).
    Cost: one forward pass; itself about 0.1 µs an example.
    Use it: for ambiguity and unlabelled data; blind to wrong labels.
    Reference: Settles 2009, Active Learning Literature Survey, TR 1648, section 3.1; divided by its maximum.
    """
    log_probs = logits.float().log_softmax(dim=1)
    # A class ruled out by a logit of -inf adds 0, which 0 * -inf would not.
    log_probs = log_probs.clamp_min(torch.finfo(torch.float32).min)
    spread = -torch.linalg.vecdot(log_probs.exp(), log_probs, dim=1)  # (N, K) -> (N,)
    return spread / math.log(max(logits.shape[1], 2))
