"""The facts that the classifier of reasons uses, computed in the same way for real rows and planted probes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hem_core.reasons.neighbourhood import count_labelled, majority

_ROWS = 65_536
NO_ENERGY = 0.02
"""If every energy is nearer to 0, the logits are log-probabilities; those with two decimals are up to .005 off."""


def from_logits(logits: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """margin, entropy, top2_gap, energy and predicted_prob of each row, and `predicted`, its class.

    logits (N, K), read block by block; labels (N,) in [0, K), where the margin is meant.
    Returns columns (N,), float64 but for `predicted`; margin, entropy (as a share of log K), top2_gap (1 - (p1 - p2))
    and energy: higher = harder. The energy of log-probabilities is 0 but for rounding: see `has_energy`.
    """
    return _in_blocks(len(labels), lambda part: _from_logits(logits[part], labels[part]))


def has_energy(energy: np.ndarray) -> bool:
    """Whether energies (N,) carry information: those of log-probabilities and of a log-softmax are 0."""
    return bool((np.abs(energy[~np.isnan(energy)]) > NO_ENERGY).any())


def from_neighbours(
    neighbour_labels: np.ndarray, distances: np.ndarray, labels: np.ndarray, predicted: np.ndarray, n_classes: int
) -> dict[str, np.ndarray]:
    """Votes of the k nearest real rows, and their distances.

    neighbour_labels, distances (N, k), nearest first; labels, predicted (N,) class numbers.
    Returns columns (N,): votes_label and votes_predicted, the shares 0 .. 1 that say so; votes_most, that of the
    largest party; votes_other, that of the largest party among other classes than the label's; knn_distance, the
    mean distance.
    """
    k = max(1, neighbour_labels.shape[1])
    others = np.where(neighbour_labels == labels[:, None], -1, neighbour_labels)
    return {
        "votes_label": count_labelled(neighbour_labels, labels) / k,
        "votes_predicted": count_labelled(neighbour_labels, predicted) / k,
        "votes_most": count_labelled(neighbour_labels, majority(neighbour_labels)) / k,
        "votes_other": count_labelled(others, majority(others)) / k,
        "knn_distance": distances.mean(axis=1).astype(np.float64)
        if distances.shape[1]
        else np.full(len(labels), np.nan),
    }


def from_prototypes(embeddings: np.ndarray, means: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """The distance of an example from its class mean, and how much it exceeds that to the best other class.

    embeddings (N, D), read block by block; means (K, D) of the real rows of each class; labels (N,).
    Returns columns (N,): prototype_distance, 1 - cosine to its own class's mean, 0 .. 2; prototype_contrast, that less
    the smallest such distance to another class, -2 .. 2; nearest_prototype, the distance to the nearest class.
    """
    units = _units(means)

    def block(part: slice) -> dict[str, np.ndarray]:
        gap = 1 - _units(np.asarray(embeddings[part], np.float64)) @ units.T  # (B, K)
        gap[:, ~means.any(axis=1)] = np.inf  # a class without examples is near to nothing
        rows = np.arange(len(gap))
        own = np.minimum(gap[rows, labels[part]], 2)
        nearest = gap.min(axis=1)
        gap[rows, labels[part]] = np.inf
        return {
            "prototype_distance": own,
            "prototype_contrast": own - np.minimum(gap.min(axis=1), 2),
            "nearest_prototype": nearest,
        }

    return _in_blocks(len(labels), block)


def share_of_class(labels: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """class_share, log of the label's share of the data; counts (K,): real rows of each class."""
    return {"class_share": np.log(np.maximum(counts, 0.5) / max(1, counts.sum()))[labels]}


def _from_logits(logits: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    z = np.asarray(logits, np.float64)
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    log_p = shifted - np.log(total)
    p = np.exp(log_p)
    two = np.partition(p, -2, axis=1)[:, -2:]  # (B, K) -> (B, 2)
    rest = z.copy()
    rest[rows, labels] = -np.inf
    return {
        "margin": rest.max(axis=1) - z[rows, labels],
        "entropy": -(p * log_p).sum(axis=1) / np.log(z.shape[1]),
        "top2_gap": 1 - (two[:, 1] - two[:, 0]),
        "energy": -(z.max(axis=1) + np.log(total[:, 0])),
        "predicted_prob": two[:, 1],
        "predicted": z.argmax(axis=1),
    }


def _units(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length == 0, 1, length)


def _in_blocks(n: int, make: Callable[[slice], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    blocks = [make(slice(start, start + _ROWS)) for start in range(0, max(1, n), _ROWS)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
