"""From probabilities to a reason: its name, the suggested label, and the features that support it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hem_core.reasons.classifier import ReasonModel, stretched
from hem_core.reasons.lift import SURE_FROM, Standout
from hem_core.reasons.rules import REASONS, UNSURE, Reasons

_WORDS: Mapping[str, str] = {
    "margin": "the label loses by more than in {}% of the data",
    "prototype_contrast": "nearer to another class, by more than {}% of the data",
    "mahalanobis_contrast": "fits another class better, by more than {}% of the data",
    "entropy": "less decided than {}% of the data",
    "top2_gap": "a closer call than {}% of the data",
    "energy": "weaker evidence for any class than {}% of the data",
    "nearest_prototype": "farther from every class than {}% of the data",
    "mahalanobis_nearest": "farther from every class than {}% of the data",
    "knn_distance": "farther from its neighbours than {}% of the data",
    "residual": "less like the rest than {}% of the data",
    "aum_windowed": "contradicted in training more than {}% of the data",
    "confidence_mean": "believed less in training than {}% of the data",
    "variability": "swayed in training more than {}% of the data",
    "learned_epoch": "learned later than {}% of the data",
}
"""The phrase for a feature that is high. Votes and confidence are already in the evidence."""


def named(
    found: Standout, *, targets: np.ndarray, predictions: np.ndarray, voted: np.ndarray, sure_from: float = SURE_FROM
) -> Reasons:
    """The reason of each example: the kind that stands out, or "unsure" where its strength is below `sure_from`.

    found: `stand_out` of the N rows. Odd examples are rare, so the likeliest reason of most of them is "easy" or
    "subtle": a name by the highest probability would hide them.
    targets, predictions (N,) class numbers; voted (N,): the class that most neighbours have, -1 = unknown. A
    mislabelled example is suggested the prediction, or, where that is the label itself, the neighbours' class.
    """
    place = np.where(found.strength >= sure_from, found.place, len(REASONS))
    reason = np.array([*REASONS, UNSURE], dtype=object)[place]
    other = np.where(predictions != targets, predictions, np.where(voted != targets, voted, -1))
    return Reasons(reason, np.where(reason == "mislabelled", other, -1).astype(np.int64))


def strongest(
    model: ReasonModel, values: np.ndarray, top: np.ndarray, *, most: int = 2, from_place: float = 0.9
) -> list[list[str]]:
    """Up to `most` phrases an example: the features that most favour its reason over the others.

    values (N, F) as given to the model; top (N,): the place of each reason in REASONS. Only features in the data's
    highest places, from `from_place` on, that have words; none for an easy example.
    """
    count = len(model.names)
    said = [(place, _WORDS[name]) for place, name in enumerate(model.names) if name in _WORDS]
    result: list[list[str]] = [[] for _ in range(len(values))]
    hard = np.flatnonzero(top != REASONS.index("easy"))
    if not said or not len(hard):
        return result
    against = model.weights - model.weights.mean(axis=1, keepdims=True)  # (3 F, 6)
    parts = stretched(values[hard]) * against.T[top[hard]]  # (H, 3 F)
    speaks = parts.reshape(len(hard), 3, count).sum(axis=1)  # (H, F)
    places = np.array([place for place, _ in said])
    high = np.asarray(values[hard], np.float64)[:, places]
    weight = np.where(high >= from_place, speaks[:, places], -np.inf)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :most]
    for row, chosen in enumerate(order.tolist()):
        words = [said[k][1].format(min(99, int(100 * high[row, k]))) for k in chosen if weight[row, k] > 0]
        result[int(hard[row])] = list(dict.fromkeys(words))
    return result
