from torch import Tensor


def top2_gap(logits: Tensor) -> Tensor:
    """How close the second class comes to the first: 1 - (p_1 - p_2), probabilities sorted downwards.

    logits (N, K) before softmax; the label plays no part. With K = 1 there is no second class: p_2 = 0.
    Returns (N,) in 0 .. 1; higher = harder (1 = a tie).
    Cost: one forward pass; itself about 0.1 µs an example.
    Use it: to find close calls between two classes; blind to wrong labels.
    Reference: Scheffer et al. 2001, Active Hidden Markov Models, doi:10.1007/3-540-44816-0_31, sign flipped.
    """
    probs = logits.float().softmax(dim=1)
    best = probs.topk(min(2, probs.shape[1]), dim=1).values  # (N, K) -> (N, 1 or 2)
    return 1 - best[:, 0] + best[:, 1:].sum(dim=1)
