"""An annotator of low skill: labels are wrong where a weak model is unsure or wrong, and become what it says."""

import numpy as np

from benchmarks.public._types import CleanRows
from benchmarks.public.noise._caps import caps

TITLE = "annotator"
REFERENCE = "instance-dependent noise by a model's predictions, Chen et al. 2021, arXiv:2012.05458; drawn, not the top"


def annotator(clean: CleanRows, rate: float, seed: int) -> np.ndarray:
    """round(rate · N) rows, drawn with the odds of the weak model's likeliest wrong class against the right one; they
    get that class. Returns (N,) labels.

    The weak model is a logistic regression trained on at most 300 other rows. Raises ValueError where the classes have
    fewer rows that may be wrong.
    """
    chance, rows = np.random.default_rng(seed), np.arange(len(clean.labels))
    others = clean.weak_probs.copy()
    others[rows, clean.labels] = -1
    wrong, right = others.max(axis=1), clean.weak_probs[rows, clean.labels]
    keys = np.log(wrong / (wrong + right)) + chance.gumbel(size=len(rows))  # the highest are a draw by these odds
    total = round(rate * len(rows))
    order = np.argsort(-np.where(_is_open(keys, clean, total), keys, -np.inf), kind="stable")
    drawn = order[:total]
    labels = clean.labels.copy()
    labels[drawn] = others.argmax(axis=1)[drawn]
    return labels


def _is_open(keys: np.ndarray, clean: CleanRows, total: int) -> np.ndarray:
    """(N,) bool: among the rows with the highest keys of their class, as many as may be wrong."""
    found = np.zeros(len(keys), bool)
    most = caps(np.bincount(clean.labels, minlength=clean.n_classes), total)
    for own in range(clean.n_classes):
        rows = np.flatnonzero(clean.labels == own)
        found[rows[np.argsort(-keys[rows])][: most[own]]] = True
    return found
