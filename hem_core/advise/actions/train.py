"""Train longer or with a bigger model: the gap between training and held-out accuracy, and the last epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.advise.advice import Action
from hem_core.advise.changes import effect, in_folds, in_points, is_of_one_fold
from hem_core.advise.estimate import Estimate
from hem_core.advise.trial_rows import LONGER
from hem_core.buckets.places import named
from hem_core.tasks import not_advised

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

LEAST_EPOCHS = 4
LAST = 0.25
"""Of the epochs, the part whose slope is told."""
MEMORISED = 0.995
"""Training accuracy from which there is nothing left to learn of the training examples."""


def train(facts: Facts) -> list[Action]:
    """One action; how much a longer training gains is not known before it is measured."""
    why = not_advised(facts.task).get("train")
    said = [part for part in (_gap(facts), _last_epochs(facts)) if part]
    longer = f"hem score DATA --train MODULE:LONGER --out {named(facts.run.folder)}-longer"
    own: dict[str, Any] = {"how": longer, "page": "compare"}
    trial, raw = effect(facts.told_trials, LONGER), in_folds(facts.told_trials, LONGER)
    if trial is not None and raw is not None:
        changed = f"changed {facts.measured.name} by {in_points(raw)}"
        measured = f"In trial trainings, showing each example twice as often {changed}"
        ends: dict[str, Any] = {"gain": 100 * trial.value, "low": 100 * trial.low, "high": 100 * trial.high}
        return [Action("train", "twice as long", f"{'; '.join([measured, *said])}.", **own, **ends)]
    if is_of_one_fold(facts.told_trials, LONGER):
        said = ["trial trainings in one fold cannot separate an effect from chance; measure at least 2 folds", *said]
    if not said:
        way = why or "record the training with hem_core.Recorder, or score with --train, and the run can tell"
        return [Action("train", "longer, or a bigger model", f"Not known: {way}.", **own)]
    return [Action("train", "longer, or a bigger model", f"Not known: {'; '.join(said)}.", **own)]


def _gap(facts: Facts) -> str:
    """Training against held-out accuracy, in words; "" where one is not known."""
    oos: dict[str, Any] = facts.run.info.get("oos") or {}
    own, held_out = oos.get("in_sample_accuracy"), oos.get("accuracy")
    if own is None or held_out is None or oos.get("how") != "folds":
        return ""
    gap = f"accuracy is {own:.1%} on the training examples and {held_out:.1%} on held-out ones"
    if own >= MEMORISED:
        return f"{gap}, so there is nothing left to learn of these by training longer"
    left = "the shortfall from 100% in training is the most that longer training or a bigger model can gain on them"
    return f"{gap}; {left}"


def _last_epochs(facts: Facts) -> str:
    """The slope of the training accuracy over the last epochs, in words; "" without a recording."""
    accuracies = _accuracies(facts)
    n = max(LEAST_EPOCHS, round(LAST * len(accuracies)))
    if len(accuracies) < n:
        return ""
    slope = _slope(accuracies[-n:])
    rising = "still rises" if slope.low > 0 else "falls" if slope.high < 0 else "no longer rises"
    points = f"{100 * slope.value:+.2f} points an epoch ({100 * slope.low:+.2f} to {100 * slope.high:+.2f})"
    return f"over the last {n} of {len(accuracies)} epochs the training accuracy {rising}, by {points}"


def _accuracies(facts: Facts) -> np.ndarray:
    """(E,) training accuracy of each epoch that was recorded of some example; (0,) without a recording."""
    path = facts.run.folder / "dynamics.parquet"
    if not path.is_file():
        return np.zeros(0)
    hits = pq.read_table(path, columns=["is_correct"])["is_correct"].combine_chunks()
    if not len(hits) or not len(hits[0]):
        return np.zeros(0)
    by_epoch = hits.flatten().cast(pa.float32()).to_numpy(zero_copy_only=False).reshape(len(hits), -1)
    return np.nanmean(by_epoch[:, ~np.isnan(by_epoch).all(axis=0)], axis=0)


def _slope(values: np.ndarray) -> Estimate:
    """Of a straight line by least squares, an epoch, with Student's 95% interval."""
    from scipy.stats import linregress, t

    found: Any = linregress(np.arange(len(values)), values)
    half = float(found.stderr * t.ppf(0.975, len(values) - 2))
    return Estimate(float(found.slope), float(found.slope) - half, float(found.slope) + half)
