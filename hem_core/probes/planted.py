"""Planted probes: which examples to spoil, and how, so that what each kind of hard example looks like is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.errors import HemError

KINDS = ("mislabelled", "ambiguous", "outlier", "rare")
"""The four hard kinds that can be made; a "rare" probe is an atypical one: cropped, turned, with rare words, …"""
LEAST = 50
"""Probes a kind below which nothing is calibrated; a plan is then empty. On garments with 5% flips, 22 a kind found 61%
of them at a precision of .97 (F1 .74; the simple rules .86), 50 found 81% at .94 (.87; .85), 100 found 86% at .90."""


@dataclass(frozen=True, eq=False)
class Plan:
    """P probes, kind by kind."""

    kind: np.ndarray
    """(P,) strings out of KINDS."""
    source: np.ndarray
    """(P,) int64: the row that each is made from; no row twice."""
    partner: np.ndarray
    """(P,) int64: the row of another class that an ambiguous probe is mixed with; -1 for the other kinds."""
    label: np.ndarray
    """(P,) int64: the class that the probe claims to be."""

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, chosen: np.ndarray) -> Plan:
        """The probes at these positions, or where this is true."""
        return Plan(self.kind[chosen], self.source[chosen], self.partner[chosen], self.label[chosen])


def plan(
    targets: np.ndarray,
    n_classes: int,
    *,
    confusion: np.ndarray | None = None,
    kinds: Sequence[str] = KINDS,
    seed: int = 0,
    share: float = 0.05,
    most: int = 250,
    least: int = LEAST,
    fold: np.ndarray | None = None,
) -> Plan:
    """Up to `most` probes of each kind, together at most `share` of the examples; none at all if that makes a kind
    smaller than `least`.

    targets (N,) class numbers, -1 = no label (never a source); confusion (K, K) counts or probabilities, row = label,
    column = prediction. kinds: out of KINDS; ("mislabelled",) where there is nothing to spoil but labels.
    Sources are drawn from every class in proportion, each at most once.
    mislabelled  another label: for one half any, for the other the class it is most often taken for (without a
                 confusion matrix any)
    ambiguous    to be mixed with its partner; the label is that of one of the two, by chance
    outlier, rare  keep their label
    fold (N,): partners come from the fold of their source where that has another class, so that no model that is
    asked about the mixture has seen either half. The same arguments give the same plan.
    Raises HemError when targets or confusion do not fit n_classes.
    """
    if len(targets) and targets.max() >= n_classes:
        raise HemError(f"a target is {targets.max()}; with {n_classes} classes they are 0 to {n_classes - 1}")
    if confusion is not None and confusion.shape != (n_classes, n_classes):
        raise HemError(f"confusion must be ({n_classes}, {n_classes}); it is {confusion.shape}")
    labelled = np.flatnonzero(targets >= 0)
    each = min(most, int(share * len(labelled)) // len(kinds))
    if each < least or len(np.unique(targets[labelled])) < 2:
        nobody = np.empty(0, np.int64)
        return Plan(np.empty(0, "U11"), nobody, nobody, nobody)
    rng = np.random.default_rng((seed, 1))  # no stream that others draw from the same seed
    source = _spread(labelled, targets, each * len(kinds), rng)
    source = source[np.argsort(targets[source], kind="stable")]
    kind = np.resize(np.array(kinds), len(source))  # dealt out class by class, so that each kind has every class
    order = np.argsort(np.searchsorted(np.sort(kinds), kind), kind="stable")
    source, kind = source[order], kind[order]
    label, partner = targets[source].astype(np.int64), np.full(len(source), -1, np.int64)
    flips = np.flatnonzero(kind == "mislabelled")
    label[flips] = _flipped(label[flips], n_classes, confusion, targets[labelled], rng)
    mixed = np.flatnonzero(kind == "ambiguous")
    partner[mixed] = _partners(source[mixed], labelled, targets, fold, rng)
    swapped = mixed[rng.random(len(mixed)) < 0.5]
    label[swapped] = targets[partner[swapped]]
    return Plan(kind, source, partner, label)


def _spread(rows: np.ndarray, targets: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` rows, from each class its share: a row's place in its shuffled class, over the class's size, decides."""
    shuffled = rng.permutation(rows)
    classes = targets[shuffled]
    order = np.argsort(classes, kind="stable")
    size = np.bincount(classes)
    first = np.cumsum(size) - size
    place = np.empty(len(rows))
    place[order] = (np.arange(len(rows)) - first[classes[order]] + rng.random(len(size))[classes[order]]) / size[
        classes[order]
    ]
    return shuffled[np.argsort(place, kind="stable")[:count]]


def _flipped(
    label: np.ndarray, n_classes: int, confusion: np.ndarray | None, there: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    classes = np.unique(there)  # a class without examples is no label that anybody would give
    place = np.searchsorted(classes, label)
    anything = classes[(place + rng.integers(1, len(classes), len(label))) % len(classes)]
    if confusion is None:
        return anything
    wrong = np.array(confusion, np.float64)
    np.fill_diagonal(wrong, 0)
    wrong[:, np.setdiff1d(np.arange(n_classes), classes)] = 0
    likely = wrong[label].argmax(axis=1)
    to_likely = (rng.permutation(len(label)) % 2 == 0) & (wrong[label].max(axis=1) > 0)
    return np.where(to_likely, likely, anything)


def _partners(
    source: np.ndarray, rows: np.ndarray, targets: np.ndarray, fold: np.ndarray | None, rng: np.random.Generator
) -> np.ndarray:
    partners = np.empty(len(source), np.int64)
    for position, row in enumerate(source.tolist()):
        others = rows[targets[rows] != targets[row]]
        if fold is not None:
            here = others[fold[others] == fold[row]]
            others = here if len(here) else others
        partners[position] = others[rng.integers(len(others))]
    return partners
