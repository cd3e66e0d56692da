from torch import Tensor


def grand(gradient_norm: Tensor) -> Tensor:
    """Length of the example's loss gradient over the whole network: |d loss / d theta|.

    gradient_norm (N,) the exact lengths that the engine measures when it is asked to.
    Returns (N,) in 0 .. inf; higher = harder. Another score than the last layer's alone: the two can rank apart.
    Cost: one more forward and a backward pass, three to five times the plain scoring; computed with `--grand`.
    Use it: to rank by what pulls on the whole network; to find wrong labels `margin` or `loss` cost less.
    Reference: Paul et al. 2021, arXiv:2107.07075, GraNd of one checkpoint; a mean over early ones is the caller's.
    """
    return gradient_norm.float()
