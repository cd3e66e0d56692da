"""Temperature scaling of logits, with each temperature fitted on other examples than those it is used on."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

COLDEST, HOTTEST = 0.05, 20.0


def scaled(logits: np.ndarray, targets: np.ndarray, *, seed: int = 0) -> tuple[np.ndarray, float]:
    """Logits (T, K) divided by temperatures: each half of the examples by the one that suits the other half.

    So no example's label affects its own temperature, and no training data had to be held out.
    Returns (T, K) float32 and the temperature that suits all of them, > 1 where the model is overconfident.
    Reference: Guo et al. 2017, arXiv:1706.04599; the two halves in place of a validation set are ours.
    """
    half = np.random.default_rng(seed).permutation(len(logits)) % 2 == 0
    found = logits.astype(np.float32).copy()
    for mine, other in ((half, ~half), (~half, half)):
        if mine.any() and other.any():
            found[mine] /= temperature(logits[other], targets[other])
    return found, temperature(logits, targets)


def temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The divisor of logits (T, K), 0.05 to 20, with the least mean negative log likelihood of targets (T,)."""
    if not len(targets):
        return 1.0
    at = np.arange(len(targets))

    def cost(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[at, targets].mean())

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    return float(np.exp(minimize_scalar(cost, bounds=bounds, method="bounded").x))  # pyright: ignore[reportAttributeAccessIssue]
