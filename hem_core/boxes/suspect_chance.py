"""From a suspicion to how probable it is that the annotation is wrong, learnt from planted errors and from people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hem_core.boxes.chances import log_odds, logistic, probability
from hem_core.boxes.suspicion import KINDS, PRIOR, Suspicion

START = 0.0, 1.0
"""Weights before anything is learnt: a suspicion is the probability that it claims to be."""


@dataclass(frozen=True)
class SuspectChance:
    """Weights of a logistic regression on the log-odds of the suspicion, for each kind of suspicion."""

    weights: Mapping[str, tuple[float, float]]

    def of(self, doubt: Suspicion) -> Suspicion:
        """The probabilities in place of the four plain suspicions; what is 0 stays 0."""
        return Suspicion(*self.of_values(doubt.values).T)

    def of_values(self, values: np.ndarray) -> np.ndarray:
        """values (R, 4), a column a kind, in 0 .. 1 -> (R, 4)."""
        result = np.zeros(values.shape)
        for at, kind in enumerate(KINDS):
            some = values[:, at] > 0
            result[some, at] = probability(log_odds(values[some, at])[:, None], np.asarray(self.weights[kind]))
        return result

    def listed(self) -> tuple[tuple[str, float, float], ...]:
        """The weights as they are stored."""
        return tuple((name, *weights) for name, weights in self.weights.items())


def learnt(values: np.ndarray, is_wrong: np.ndarray, weight: np.ndarray) -> SuspectChance:
    """Of Q rows of which it is known whether the annotation is wrong in each way.

    values and is_wrong (Q, 4), a column a kind; weight (Q,): how many real rows each stands for.
    """
    found = {}
    for at, kind in enumerate(KINDS):
        some = values[:, at] > 0
        features = log_odds(values[some, at])[:, None]
        weights = logistic(features, is_wrong[some, at].astype(np.float64), START, weight=weight[some])
        found[kind] = (round(float(weights[0]), 6), round(float(max(weights[1], 0.1)), 6))
    return SuspectChance(found)


def weights_of(is_planted: np.ndarray) -> np.ndarray:
    """(Q,) so that planted rows make up PRIOR of all rows. is_planted (Q,) bool."""
    share = is_planted.mean() if len(is_planted) else 0.0
    if not 0 < share < 1:
        return np.ones(len(is_planted))
    return np.where(is_planted, PRIOR / share, (1 - PRIOR) / (1 - share))
