"""The arithmetic of tags on arrays: how far each given state is supported, and how an example's tags are pooled."""

from __future__ import annotations

import numpy as np

from hem_core.tasks._multilabel_noise import Noise, log_odds, noise_of

PREDICTED = 0.5
"""Probability from which a tag is predicted."""
TEMPERATURE = 0.1
"""Of the softmin that pools the tags of an example: the worst tag counts most, and the others a little."""


def probability(logits: np.ndarray) -> np.ndarray:
    """Logits (N, K) -> probabilities (N, K) float64 in 0 .. 1."""
    half = np.tanh(0.5 * np.asarray(logits, np.float64))
    return 0.5 * (1 + half)


def support(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(N, K) in 0 .. 1, the probability of the given state of each tag; NaN where it is not known.

    given (N, K): 1 yes, 0 no, NaN unknown; probs (N, K).
    """
    return np.where(np.isnan(given), np.nan, np.where(given > 0, probs, 1 - probs))


def losses(given: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """(N, K) binary cross-entropy in nats, 0 .. inf; NaN where the tag is not known."""
    sign = np.where(given > 0, -1.0, 1.0)
    found = np.logaddexp(0.0, sign * np.asarray(logits, np.float64))
    return np.where(np.isnan(given), np.nan, found)


def weights(own: np.ndarray) -> np.ndarray:
    """(N, K) the share of each tag in the pool of its example, sum 1: softmin of the support, T = .1; 0 for unknown.

    own (N, K): `support`. Reference: cleanlab's softmin pooling of multi-label scores (Thyagarajan et al. 2022,
    arXiv:2211.13895).
    """
    low = np.where(np.isnan(own), -np.inf, -own / TEMPERATURE)
    top = low.max(axis=1, keepdims=True, initial=-np.inf)
    raised = np.where(np.isneginf(low), 0.0, np.exp(low - np.where(np.isneginf(top), 0.0, top)))
    total = raised.sum(axis=1, keepdims=True)
    return np.divide(raised, total, out=np.zeros_like(raised), where=total > 0)


def pooled(values: np.ndarray, own: np.ndarray) -> np.ndarray:
    """(N,) the values (N, K) of the tags of each example, weighted by `weights`; 0 where no tag is known."""
    return (np.nan_to_num(values) * weights(own)).sum(axis=1)


def suspicion(given: np.ndarray, probs: np.ndarray, noise: Noise | None = None) -> np.ndarray:
    """(N, K) in 0 .. 1, how probable it is that each given state is wrong; NaN where it is not known.

    given, probs (N, K), as in `support`; noise: how often tags are added and dropped, by default as these tags show.
    By Bayes' rule. Plain 1 − support ranks every tag that is given without support before all that are missing, since a
    model is less sure of the few tags that an example has than of the many that it lacks; how the two kinds compare
    depends on how often each happens. `benchmarks/tasks.py` compares the two.
    """
    one = noise or noise_of(given, probs)
    truth = one.truth(log_odds(probs))
    wrong = np.where(given > 0, (1 - truth) * one.added, truth * one.dropped)
    right = np.where(given > 0, truth * (1 - one.dropped), (1 - truth) * (1 - one.added))
    total = wrong + right
    return np.where(np.isnan(given), np.nan, np.divide(wrong, total, out=np.zeros_like(total), where=total > 0))


def hamming(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(N,) in 0 .. 1: of the tags in play, given or predicted and known, the share that is one without the other.

    0 where no tag is in play: nothing is given, and nothing predicted.
    """
    is_given, is_predicted, is_known = given > 0, probs >= PREDICTED, ~np.isnan(given)
    in_play = ((is_given | is_predicted) & is_known).sum(axis=1)
    apart = ((is_given != is_predicted) & is_known).sum(axis=1)
    return np.divide(apart, in_play, out=np.zeros(len(given)), where=in_play > 0)
