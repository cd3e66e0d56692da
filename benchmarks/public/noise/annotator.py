"""An annotator of low skill: labels are wrong where a weak model is unsure or wrong, and become what it says."""

import numpy as np

from benchmarks.public._types import CleanRows

TITLE = "annotator"
REFERENCE = "instance-dependent noise by a model's predictions, Chen et al. 2021, arXiv:2012.05458; drawn, not the top"
MOST = 0.4
"""Share of a class that is flipped at most, so that it stays its label's majority."""


def annotator(clean: CleanRows, rate: float, seed: int) -> np.ndarray:
    """round(rate · N) rows, drawn with the odds of the weak model's likeliest wrong class against the right one; they
    get that class. Returns (N,) labels.

    The weak model is a logistic regression trained on at most 300 other rows.
    """
    chance, rows = np.random.default_rng(seed), np.arange(len(clean.labels))
    others = clean.weak_probs.copy()
    others[rows, clean.labels] = -1
    wrong, right = others.max(axis=1), clean.weak_probs[rows, clean.labels]
    keys = np.log(wrong / (wrong + right)) + chance.gumbel(size=len(rows))  # the highest are a draw by these odds
    order = np.argsort(-np.where(_is_open(keys, clean), keys, -np.inf), kind="stable")
    drawn = order[: round(rate * len(rows))]
    labels = clean.labels.copy()
    labels[drawn] = others.argmax(axis=1)[drawn]
    return labels


def _is_open(keys: np.ndarray, clean: CleanRows) -> np.ndarray:
    """(N,) bool: among the MOST of its class that have the highest keys."""
    found = np.zeros(len(keys), bool)
    for own in range(clean.n_classes):
        rows = np.flatnonzero(clean.labels == own)
        found[rows[np.argsort(-keys[rows])][: int(MOST * len(rows))]] = True
    return found
