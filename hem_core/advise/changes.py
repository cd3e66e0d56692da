"""What a change of the training does to the held-out error, by trials that differ by it alone."""

from __future__ import annotations

import numpy as np

from hem_core.advise.estimate import NORMAL, Estimate
from hem_core.advise.learning_curve import chance_of_trainings
from hem_core.advise.trials import Trials


def effect(trials: Trials | None, change: str) -> Estimate | None:
    """By how much the share of right predictions rises with a change, -1 .. 1; None where it is not measured.

    The mean over the examples of the difference between the trainings of the same fold, with its normal interval: the
    chance of the examples, and that of two trainings in each fold.
    """
    if trials is None or change not in trials.changed:
        return None
    rise = trials.error[-1] - trials.changed[change]
    known = np.isfinite(rise)
    n_folds = len(np.unique(trials.fold[known]))
    variance = rise[known].var() / known.sum() + 2 * chance_of_trainings(trials) / n_folds
    value, half = float(rise[known].mean()), NORMAL * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half)
