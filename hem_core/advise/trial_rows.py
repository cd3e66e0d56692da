"""What each trial trains on: a part of a fold's training examples, or all of them with one thing changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PARTS = (8, 4, 2, 1)
"""The sizes of a learning curve: one in so many of the training examples."""
WRONG, LONGER, BALANCED = "wrong", "longer", "balanced"
CHANGES = (WRONG, LONGER, BALANCED)
"""Trials on all of a fold's training examples: with more wrong labels, with each example twice as often, and with
class weights."""
ADDED_WRONG = 0.1
"""Share of the labels that the trial `wrong` makes wrong."""
LEAST_ROWS, LEAST_OF_A_CLASS = 20, 1
"""A part has at least so many examples in all, and of each class on average."""


@dataclass(frozen=True, eq=False)
class TrialRows:
    """The examples of one training; rows may repeat."""

    rows: np.ndarray
    """(n,) rows of the run."""
    targets: np.ndarray
    """(n,) what they are trained as."""
    weights: np.ndarray | None = None
    """(n,) mean 1, or None."""


def trial_rows(trial: str, rows: np.ndarray, targets: np.ndarray, second: np.ndarray, *, seed: int) -> TrialRows:
    """The examples of a trial: "8", "4", "2" and "1" are parts, nested in each other; or one of CHANGES.

    rows (L,): the training examples of a fold; targets (N,) classes of all examples; second (N,) for each the likeliest
    class that is not its own. Chance comes from `seed` alone.
    """
    if trial.isdecimal():
        part = nested(targets[rows], seed=seed)[: -(-len(rows) // int(trial))]
        return TrialRows(rows[part], targets[rows[part]])
    if trial == LONGER:
        twice = np.concatenate([rows, rows])
        return TrialRows(twice, targets[twice])
    if trial == BALANCED:
        return TrialRows(rows, targets[rows], _of_class(targets[rows]))
    return TrialRows(rows, _with_wrong(targets[rows], second[rows], seed))


def parts_for(n: int, n_classes: int) -> list[str]:
    """The parts of n training examples that are large enough to learn anything from."""
    least = max(LEAST_ROWS, LEAST_OF_A_CLASS * n_classes)
    return [str(part) for part in PARTS if n / part >= least or part == 1]


def nested(strata: np.ndarray, *, seed: int) -> np.ndarray:
    """An order of n examples of which every beginning has the strata in their proportions; strata (n,) integers."""
    generator = np.random.default_rng([seed, 23])
    shuffled = generator.permutation(len(strata))
    place = np.zeros(len(strata))
    for each in np.unique(strata):
        members = shuffled[strata[shuffled] == each]
        place[members] = (np.arange(len(members)) + generator.random()) / len(members)
    return np.lexsort((generator.random(len(strata)), place))


def _with_wrong(targets: np.ndarray, second: np.ndarray, seed: int) -> np.ndarray:
    """ADDED_WRONG of the labels changed, half of them to any other class, half to the one that is most like it."""
    generator = np.random.default_rng([seed, 29])
    n_classes = int(max(targets.max(), second.max())) + 1
    chosen = generator.permutation(len(targets))[: round(ADDED_WRONG * len(targets))]
    other = (targets[chosen] + generator.integers(1, n_classes, len(chosen))) % n_classes
    changed = targets.copy()
    changed[chosen] = np.where(generator.random(len(chosen)) < 0.5, other, second[chosen])
    return changed


def _of_class(targets: np.ndarray) -> np.ndarray:
    """Weights of the classes, mean 1, as a retraining with the recipe `balanced` gives them to the losses."""
    from hem_core.retrain.arms.balancing import of_class

    weights = of_class(targets)
    return weights / weights.mean()
