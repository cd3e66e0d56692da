"""All classes out of what a run keeps of a prediction: its likeliest classes and the probability of the label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

TINY = 1e-30


def top_logits(columns: Mapping[str, np.ndarray], targets: np.ndarray, n_classes: int) -> np.ndarray:
    """Log-probabilities (N, K) float32 of N predictions; what is not kept is shared equally by the other classes.

    columns: `top_classes` (N, T) numbers, `top_probs` (N, T) and `label_prob` (N,) in 0 .. 1, as in a run; targets (N,)
    in [0, K).
    """
    top, rows = columns["top_classes"], np.arange(len(targets))
    probs, known = dense(top, columns["top_probs"], n_classes), dense(top, np.ones(top.shape), n_classes) > 0
    probs[rows, targets], known[rows, targets] = columns["label_prob"], True
    rest = np.maximum(1 - probs.sum(axis=1), 0) / np.maximum((~known).sum(axis=1), 1)  # (N,)
    return np.log(np.maximum(np.where(known, probs, rest[:, None]), TINY)).astype(np.float32)


def dense(top: np.ndarray, values: np.ndarray, n_classes: int) -> np.ndarray:
    """(N, K) float64 of values of the classes `top`, both (N, T); 0 for other classes; -1 in `top` is no class."""
    found = np.zeros((len(top), n_classes))
    rows, at = np.nonzero(top >= 0)
    found[rows, top[rows, at]] = values[rows, at]
    return found
