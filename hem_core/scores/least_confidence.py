from torch import Tensor


def least_confidence(logits: Tensor) -> Tensor:
    """What the predicted class leaves to all the others: 1 - max p.

    logits (N, K) before softmax; the label plays no part.
    Returns (N,) in 0 .. 1 - 1/K; higher = harder.
    Cost: one forward pass; itself about 0.1 µs an example.
    Use it: to choose what to label next; blind to wrong labels.
    Reference: Lewis & Gale 1994, arXiv:cmp-lg/9407020.
    """
    return 1 - logits.float().softmax(dim=1).amax(dim=1)  # (N, K) -> (N,)
