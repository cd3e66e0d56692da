"""Logits out of what a run keeps of a prediction: its likeliest classes and the probability of the label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

TINY = 1e-30


def top_logits(columns: Mapping[str, np.ndarray], targets: np.ndarray, n_classes: int) -> np.ndarray:
    """Log-probabilities (N, K) float32 of N predictions; what is not kept is shared equally by the other classes.

    columns: `top_classes` (N, T) numbers, `top_probs` (N, T) and `label_prob` (N,) in 0 .. 1, as in a run; targets (N,)
    in [0, K).
    """
    rows = np.arange(len(targets))
    known = np.zeros((len(targets), n_classes), bool)
    probs = np.zeros((len(targets), n_classes), np.float64)
    for place in range(columns["top_classes"].shape[1]):
        probs[rows, columns["top_classes"][:, place]] = columns["top_probs"][:, place]
        known[rows, columns["top_classes"][:, place]] = True
    probs[rows, targets], known[rows, targets] = columns["label_prob"], True
    rest = np.maximum(1 - probs.sum(axis=1), 0) / np.maximum((~known).sum(axis=1), 1)  # (N,)
    return np.log(np.maximum(np.where(known, probs, rest[:, None]), TINY)).astype(np.float32)
