"""What a change of the training does to the held-out error, by trials that differ by it alone."""

from __future__ import annotations

import numpy as np

from hem_core.advise.estimate import NORMAL, Estimate, combined, rule_of_three
from hem_core.advise.learning_curve import gained, laws
from hem_core.advise.trials import Trials

LEAST_FOLDS = 2
"""In one fold, what a change does cannot be told from the chance of trainings."""


def is_of_one_fold(trials: Trials | None, change: str) -> bool:
    """Whether a change is measured, but not in LEAST_FOLDS folds."""
    if trials is None or trials.is_memorised or change not in trials.changed:
        return False
    return in_folds(trials, change) is None


def effect(trials: Trials | None, change: str) -> Estimate | None:
    """By how much the share of right predictions rises with a change where all data are trained on, -1 .. 1; None where
    it is not measured.

    The trainings of the folds have fewer examples, and a training that lacks examples or steps gains more by any
    change. A rise in them counts as the same share of the smaller error that the learning curve has for all data; its
    interval begins where everything that the rest of the data bring is taken away from it.
    """
    found = in_folds(trials, change)
    return None if found is None or trials is None else _on_all_data(trials, found)


def in_folds(trials: Trials | None, change: str) -> Estimate | None:
    """The rise in the trainings of the folds; None where it is not measured, or in a single fold.

    The mean over the examples of the difference between two trainings of the same fold, with its normal interval: the
    chance of the examples, and that of two trainings in each fold. It is never narrower than by the rule of three: that
    no prediction changed on n examples says little of the others.
    """
    if trials is None or trials.is_memorised or change not in trials.changed:
        return None
    rise = trials.error[-1] - trials.changed[change]
    known = np.isfinite(rise)
    n_folds = len(np.unique(trials.fold[known]))
    if n_folds < LEAST_FOLDS:
        return None
    variance = rise[known].var() / known.sum() + 2 * trials.chance_of_trainings / n_folds
    value, half = float(rise[known].mean()), NORMAL * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half).at_least(rule_of_three(int(known.sum())))


def in_points(found: Estimate) -> str:
    """A rise as people read it: +1.20 points (-0.30 to +2.70)."""
    return f"{100 * found.value:+.2f} points ({100 * found.low:+.2f} to {100 * found.high:+.2f})"


def _on_all_data(trials: Trials, found: Estimate) -> Estimate:
    """The rise where all of the data are trained on; as it is where no curve is known."""
    law = laws(trials, np.flatnonzero(trials.fold >= 0))
    if law is None or trials.n_training <= trials.sizes[-1]:
        return found
    before, after = law.error(np.array([trials.sizes[-1], trials.n_training]))[0].tolist()
    drop = gained(law, trials.sizes[-1], trials.n_training)
    least = combined(lambda rise, more: np.where(rise > 0, np.maximum(rise - more, 0), rise), found, drop)
    value = found.value * after / before if found.value > 0 < before else found.value
    return Estimate(value, min(least.low, value), max(found.high, value))


def balanced(trials: Trials, change: str, classes: np.ndarray) -> float:
    """By how much balanced accuracy, the mean over the classes, rises with a change; classes (N,), "" for none."""
    rise = trials.error[-1] - trials.changed[change]
    known = np.isfinite(rise) & (classes != "")
    return float(np.mean([rise[known & (classes == name)].mean() for name in np.unique(classes[known])]))
