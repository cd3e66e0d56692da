"""From a suspicion to how probable it is that the annotation is wrong, learnt from planted errors and from people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hem_core.boxes.chances import log_odds, logistic, probability
from hem_core.boxes.suspicion import KINDS, PRIOR

START = 0.0, 1.0
"""Weights before anything is learnt: a suspicion is the probability that it claims to be."""


@dataclass(frozen=True)
class SuspectChance:
    """Weights of a logistic regression on the log-odds of the suspicion, for each kind of suspicion."""

    weights: Mapping[str, tuple[float, float]]

    def of(self, kind: np.ndarray, value: np.ndarray) -> np.ndarray:
        """kind (R,) text and value (R,) in 0 .. 1 of rows -> (R,) in 0 .. 1; 0 where no kind applies."""
        result = np.zeros(len(value))
        for name, weights in self.weights.items():
            which = kind == name
            result[which] = probability(log_odds(value[which])[:, None], np.asarray(weights))
        return result

    def listed(self) -> tuple[tuple[str, float, float], ...]:
        """The weights as they are stored."""
        return tuple((name, *weights) for name, weights in self.weights.items())

    def least(self) -> dict[str, float]:
        """Kind -> the suspicion from which on the annotation is rather wrong than right; above 1 where it never is."""
        found = {}
        for name, (constant, slope) in self.weights.items():
            edge = 1 / (1 + np.exp(np.clip(constant / slope, -30, 30)))
            found[name] = round(float(edge), 6) if edge < 0.999 else 2.0
        return found


def learnt(kind: np.ndarray, value: np.ndarray, is_wrong: np.ndarray, weight: np.ndarray) -> SuspectChance:
    """Of Q rows of which it is known whether the annotation is wrong.

    kind (Q,) text; value (Q,) the suspicion; is_wrong (Q,) bool; weight (Q,): how many real rows each stands for.
    """
    found = {}
    for name in KINDS:
        some = kind == name
        features = log_odds(value[some])[:, None]
        weights = logistic(features, is_wrong[some].astype(np.float64), START, weight=weight[some])
        found[name] = (round(float(weights[0]), 6), round(float(max(weights[1], 0.1)), 6))
    return SuspectChance(found)


def weights_of(is_planted: np.ndarray) -> np.ndarray:
    """(Q,) so that planted rows make up PRIOR of all rows. is_planted (Q,) bool."""
    share = is_planted.mean() if len(is_planted) else 0.0
    if not 0 < share < 1:
        return np.ones(len(is_planted))
    return np.where(is_planted, PRIOR / share, (1 - PRIOR) / (1 - share))
