"""Signs in the columns of a run that a net, or its embedding, has memorised the labels that it was trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hem_core.stats.accuracy_gap import gap
from hem_core.stats.percentile import percentile

LEAST_CARRIED = 0.7
"""Neighbours that carry fewer of the labels are no measure of what can be learned: of 60 intents they carry .56; there
the in-sample loss finds everything that is planted with an AUPRC of .88, and with the neighbours .76."""


def is_by_heart(known: Mapping[str, np.ndarray]) -> bool:
    """Whether a model is right on more of the labels that it was trained on than it can have understood: by `gap` more
    than most of their neighbours carry.

    known: columns (N,), of which `margin` and `neighbour_disagreement` are needed; False without one of them.
    Measured on 600 digits, 10% flipped, of which the neighbours carry .82 as labelled; AUPRC of the flips by the
    in-sample loss | by it and three times the neighbours, 3 seeds: after 6 and 20 epochs (right on .86 and .89, no
    sign) .96 | .99 and .94 | .99, after 40 and 60 (.94 and .98, by heart) .78 | .98 and .72 | .98.
    """
    if "margin" not in known or "neighbour_disagreement" not in known:
        return False
    both = ~(np.isnan(known["margin"]) | np.isnan(known["neighbour_disagreement"]))
    if not both.any():
        return False
    right = float((known["margin"][both] < 0).mean())
    carried = float((known["neighbour_disagreement"][both] < 0.5).mean())
    return carried >= LEAST_CARRIED and right >= carried + gap(carried)


def is_overconfident(known: Mapping[str, np.ndarray]) -> bool:
    """Whether models are so much surer of examples that they had not seen than they are right that they have memorised.

    known: columns (N,), of which `loss` and `margin` (of logits) are needed; False without one of them. Their mean
    highest probability is then by `gap` above their accuracy. In folds of garments it is .23 to .25 above it after 40
    epochs, by heart, and .02 to .09 after 6 to 10.
    Reference: Guo et al. 2017, arXiv:1706.04599: a net that fits its training labels to the end is overconfident.
    """
    if "loss" not in known or "margin" not in known:
        return False
    both = ~(np.isnan(known["loss"]) | np.isnan(known["margin"]))
    if not both.any():
        return False
    sure = np.exp(np.minimum(np.maximum(known["margin"][both], 0) - known["loss"][both], 0)).mean()
    right = float((known["margin"][both] < 0).mean())
    return bool(sure >= right + gap(right))


def agreement(dynamics: np.ndarray, disagreement: np.ndarray) -> float:
    """AUROC with which neighbour disagreement finds the worst 5% of the dynamics; 1 when it cannot be computed."""
    both = ~(np.isnan(dynamics) | np.isnan(disagreement))
    is_worst = percentile(dynamics[both]) > 95
    worst, n = int(is_worst.sum()), int(both.sum())
    if worst == 0:
        return 1.0
    places = percentile(disagreement[both]) / 100 * n + 0.5  # mid-ranks from 1
    return float((places[is_worst].sum() - worst * (worst + 1) / 2) / (worst * (n - worst)))
