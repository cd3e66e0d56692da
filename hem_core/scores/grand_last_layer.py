from torch import Tensor

from hem_core.scores.el2n import el2n


def grand_last_layer(logits: Tensor, targets: Tensor, head_input_norm: Tensor) -> Tensor:
    """Length of the loss gradient in the last linear layer: |softmax(z) - onehot(y)| |(h, 1)|.

    logits (N, K) before softmax; targets (N,) int64 in [0, K); head_input_norm (N,) length of that layer's
    input h with the constant 1 of its bias, sqrt(1 + |h|^2) (without a bias: |h|).
    Returns (N,) in 0 .. inf; higher = harder. The whole net's gradient is another score, not a better one.
    Cost: one forward pass; itself about 0.1 µs an example.
    Use it: where examples that move the weights most are wanted; else `el2n` says nearly the same.
    Reference: Paul et al. 2021, arXiv:2107.07075, GraNd of one checkpoint, last layer, in closed form.
    """
    return el2n(logits, targets) * head_input_norm.float()
