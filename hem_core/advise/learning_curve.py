"""The learning curve of a run, of any group of its examples, and what more examples would gain by it."""

from __future__ import annotations

import numpy as np

from hem_core.advise.advice import Curve, Fitted
from hem_core.advise.estimate import NORMAL, Estimate
from hem_core.advise.power_law import PowerLaws, fit
from hem_core.advise.trials import Trials

DRAWS = 400
OFF_BY = 2.0
"""In 95 of 100 cases, what more data bring is at most so many times what the law says, or as little."""
FURTHEST = 4.0
"""How many times the largest measured size the curve is extrapolated."""
LEAST_SIZES = 3
LEAST_ROWS = 30
"""Tested examples of a group from which its curve is looked at."""
NOTE = (
    "Measured on the labels as given: the curve levels off at the wrong labels among them, which more data do not "
    "remove."
)
OF_ONE_FOLD = "Of a single fold: how much trainings differ by chance is not in the band."


def curve_of(trials: Trials, classes: np.ndarray | None) -> Curve | None:
    """The curve of all examples; classes (N,), or None where there are none. None where nothing was tested."""
    rows = np.flatnonzero(trials.fold >= 0)
    if not len(rows):
        return None
    error = trials.error[:, rows].mean(axis=1)
    drawn = resampled(trials, rows)  # (B, S)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return Curve(
        trials.of,
        trials.is_stand_in,
        tuple(round(size) for size in trials.sizes.tolist()),
        _plain(error),
        _plain(np.minimum(low, error)),
        _plain(np.maximum(high, error)),
        _fitted(trials, error, drawn),
        _per_class(trials, rows, classes),
        _note(trials),
        trials.is_complete,
    )


def _note(trials: Trials) -> str:
    """How to read the curve, and how many of its folds are done while it is not complete."""
    if trials.is_complete:
        return f"{NOTE} {OF_ONE_FOLD}" if trials.n_folds < 2 else NOTE
    planned = max(trials.n_planned, trials.n_folds)
    if trials.n_folds < planned:
        return f"Measured in {trials.n_folds} of {planned} folds so far; the measurement can be resumed. {NOTE}"
    return f"Measured in all folds, but not yet with every change; the measurement can be resumed. {NOTE}"


def laws(trials: Trials, rows: np.ndarray) -> PowerLaws | None:
    """The law of a group, tested examples by their rows, and of DRAWS resamples of it, the group's own first.

    None for fewer than 3 sizes or LEAST_ROWS examples.
    """
    if len(trials.sizes) < LEAST_SIZES or len(rows) < LEAST_ROWS:
        return None
    own = trials.error[:, rows].mean(axis=1)[None]
    return fit(trials.sizes, np.concatenate([own, resampled(trials, rows)]))


def gained(found: PowerLaws, before: float, after: float, *, seed: int = 0) -> Estimate:
    """By how much the error falls between two sizes, 0 .. 1; `found` as `laws` gives it.

    The interval also covers that the curve goes on by another law: what it brings beyond the largest size may be up to
    OFF_BY times as much or as little.
    """
    error = found.error(np.array([before, after]))
    drop = error[:, 0] - error[:, 1]
    chance = np.random.default_rng([seed, 31]).normal(size=len(drop) - 1)
    drop[1:] *= OFF_BY ** (chance / NORMAL)
    low, high = np.quantile(drop[1:], [0.025, 0.975])
    value = float(np.clip(drop[0], low, high))
    return Estimate(value, float(low), float(high))


def resampled(trials: Trials, rows: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """(DRAWS, S) mean errors of a group over resamples of its examples, the same ones at every size, with the chance
    of the trainings.

    The resamples are drawn from the normal distribution that a bootstrap tends to, which needs no N x DRAWS numbers.
    The variance of each size is Wilson's or more: 0 errors of n examples are no certainty.
    """
    errors = trials.error[:, rows]  # (S, n)
    folds = np.unique(trials.fold[trials.fold >= 0])
    spread = np.atleast_2d(np.cov(errors, ddof=0)) / len(rows)
    spread += np.diag(np.maximum(_wilson_variance(errors.mean(axis=1), len(rows)) - np.diag(spread), 0))
    spread += np.eye(len(errors)) * trials.chance_of_trainings / len(folds)
    generator = np.random.default_rng(seed)
    return np.clip(generator.multivariate_normal(errors.mean(axis=1), spread, size=DRAWS, method="eigh"), 0, 1)


def _wilson_variance(share: np.ndarray, n: int) -> np.ndarray:
    """Of shares of n examples, by half of Wilson's interval; see `stats/wilson.py`."""
    share = np.clip(share, 0, 1)
    return (share * (1 - share) / n + NORMAL**2 / (4 * n**2)) / (1 + NORMAL**2 / n) ** 2


def _fitted(trials: Trials, error: np.ndarray, drawn: np.ndarray) -> Fitted | None:
    if len(trials.sizes) < LEAST_SIZES:
        return None
    sizes = np.unique(np.geomspace(trials.sizes[0], FURTHEST * trials.sizes[-1], 25).round())
    own = fit(trials.sizes, error[None]).error(sizes)[0]
    low, high = np.quantile(fit(trials.sizes, drawn).error(sizes), [0.025, 0.975], axis=0)
    whole = tuple(int(size) for size in sizes.tolist())
    return Fitted(whole, _plain(own), _plain(np.minimum(low, own)), _plain(np.maximum(high, own)))


def _per_class(trials: Trials, rows: np.ndarray, classes: np.ndarray | None) -> dict[str, tuple[float, ...]]:
    if classes is None:
        return {}
    names = sorted({str(name) for name in classes[rows].tolist() if name})
    groups = {name: rows[classes[rows] == name] for name in names}
    return {name: _plain(trials.error[:, of].mean(axis=1)) for name, of in groups.items()}


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
