"""Weights of classes by the effective number of their examples."""

import math

from torch import Tensor

from hem_core.errors import MiningError


def class_weights(counts: Tensor, beta: float) -> Tensor:
    """(K,) weights that fall with the class's effective number of examples (1 - beta^n) / (1 - beta).

    counts (K,) float64, each at least 1; beta in 0 .. 1: 0 weights all classes equally, 1 by 1 / n.
    Returns float64 weights whose mean over the *examples* of the training set is 1.
    Raises MiningError for another beta.
    Reference: Cui et al. 2019, arXiv:1901.05555, whose weights sum to K instead: there, a long tail shrinks the loss,
    and with it the learning rate.
    """
    if not 0 <= beta <= 1:
        raise MiningError(f"beta must be in 0 .. 1; it is {beta:g}")
    effective = counts**beta if beta in (0, 1) else -(counts * math.log(beta)).expm1() / (1 - beta)
    return counts.sum() / (counts / effective).sum() / effective
