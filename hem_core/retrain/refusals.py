"""The reasons to refuse a retraining unless it is forced, each with what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hem_core.reasons.wrong_share import wrong_share
from hem_core.retrain.settings import Settings
from hem_core.selection.verdicts_applied import is_corrected
from hem_core.store.metrics import metrics_of
from hem_core.store.run import Run
from hem_core.tasks import MeasuresTogether
from hem_core.thresholds import SUSPECT

if TYPE_CHECKING:  # both load torch, and the app asks this file too
    from hem_core.retrain.source import Source
    from hem_core.retrain.test_data import TestData

MOST_NOISE, MOST_NOISE_OF_ALL = 0.2, 0.15
"""Estimated share of wrong labels in the set, and in all of the data, from which hard examples are not up-weighted."""
CONVERGED = 0.98
"""Accuracy on its own training examples from which a model has little left to say of them."""
FEWEST_ACTED_ON = 10
"""Fewer training examples of a list are refused."""
DIFFER = 0.05
FEW = 0.01
"""A test set of which no more than this is also trained on is used without those; more is refused."""
OUT_OF_SAMPLE = ("loss_oos", "margin_oos", "label_prob_oos", "variability", "learned_epoch", "forgetting")
"""Columns that say more of an example than a converged model's last word."""


def refusals(
    settings: Settings, run: Run, train: Source, test: TestData, examples: pd.DataFrame, scores: pd.DataFrame
) -> list[str]:
    """One line per reason not to continue, with what to do; empty when there is none.

    examples: the set; scores: `id`, `reason` of the run where known, and `verdict`, "" for what nobody reviewed.
    """
    found = [
        _few_acted_on(settings, run, train, test, examples),
        _only(settings),
        test.untested.refusal(run.classes),
        _tested(test, examples),
    ]
    found += [_in_both(train, test, examples)]
    found += [_noisy(settings, examples, scores, run.info.get("reasons")), _in_sample(run)]
    return [line for line in found if line]


def shared(train: Source, test: TestData) -> np.ndarray:
    """(T,) bool: test examples whose input is also among the training ones."""
    if test.how != "file":
        return np.zeros(len(test.rows), dtype=bool)
    known = set(train.hashes[np.flatnonzero(test.is_training)].tolist()) - {"", None}
    return np.array([digest in known for digest in test.source.hashes[test.rows]], dtype=bool)


def estimated_noise(
    examples: pd.DataFrame, scores: pd.DataFrame, reasons: Mapping[str, Any] | None = None
) -> tuple[float, int]:
    """Share of wrong labels in the part of the set that nobody reviewed, as the run's reasons see it; and its size.

    reasons: of run.json, by which the share is corrected for what its probes show to be missed, see `wrong_share`.
    One whose label the set has changed was reviewed, whoever did it. NaN where the run has no reasons, or nothing is
    unreviewed.
    """
    seen = (
        is_corrected(examples) if {"label", "label_before"} <= set(examples.columns) else np.zeros(len(examples), bool)
    )
    unseen = examples.loc[~np.asarray(seen), "id"]
    ours = scores.loc[scores["id"].isin(unseen) & (scores["verdict"] == ""), :]
    if "reason" not in ours.columns or not len(ours):
        return float("nan"), len(ours)
    return wrong_share(float(ours["reason"].isin(SUSPECT).mean()), reasons or {}), len(ours)


def has_only_memory(run: Run) -> bool:
    """Whether a run has only the predictions of a model that has memorised its training examples."""
    info: dict[str, Any] = run.info
    if info.get("sample") == "out-of-sample" or info.get("oos") or accuracy_of(run) < CONVERGED:
        return False
    return not any(name in run.source.columns for name in OUT_OF_SAMPLE)


def accuracy_of(run: Run) -> float:
    """Share of its examples that the run's model has right, 0 .. 1; 0 for a task that measures no accuracy."""
    return next((metric.value for metric in metrics_of(run.info) if metric.name == "accuracy"), 0.0)


def expected_resolution(n_test: int, *, differ: float = DIFFER) -> float:
    """Points of accuracy under which two models cannot be told apart on n_test examples, where they differ on a share
    `differ` of these: 2.8 standard errors of a paired difference, found in 80 of 100 comparisons at 5%."""
    return 280 * math.sqrt(differ / max(1, n_test))


def _few_acted_on(settings: Settings, run: Run, train: Source, test: TestData, examples: pd.DataFrame) -> str:
    if settings.question is None:
        return ""
    rows = [train.row_of[id] for id in examples["id"] if id in train.row_of]
    n, n_train = int(test.is_training[rows].sum()), int((test.is_training & train.usable).sum())
    if n >= FEWEST_ACTED_ON:
        return ""
    start = f"{n:,} of the {n_train:,} training examples are on the list, too few for an effect"
    if not run.classes or isinstance(train.task, MeasuresTogether):  # what is measured is no accuracy
        return f"{start} that {len(test.rows):,} test examples could show; give a longer list"
    points = expected_resolution(len(test.rows))
    return (
        f"{start} that this test could show: with {len(test.rows):,} test examples, and models that differ on "
        f"{DIFFER:.0%} of them, a difference is found from about {points:.1f} points on; give a longer list"
    )


def _only(settings: Settings) -> str:
    if settings.recipe != "only":
        return ""
    return "training on the hard set alone forgets the rest of the data; use --recipe mix"


def _tested(test: TestData, examples: pd.DataFrame) -> str:
    if test.how != "split":
        return ""
    ours = {test.source.ids[row] for row in np.flatnonzero(~test.is_training)}
    both = [id for id in examples["id"] if id in ours]
    if not both:
        return ""
    return (
        f"the set holds {len(both):,} examples of the test split, such as '{both[0]}': mined from the test data; "
        "make a set with a filter such as split = 'train', or pass other data with --test"
    )


def _in_both(train: Source, test: TestData, examples: pd.DataFrame) -> str:
    is_shared = shared(train, test)
    if is_shared.sum() <= FEW * len(is_shared):
        return ""
    mined = train.hashes[[train.row_of[id] for id in examples["id"] if id in train.row_of]]
    n_mined = int(np.isin(test.source.hashes[test.rows[is_shared]].astype(str), mined.astype(str)).sum())
    return (
        f"{int(is_shared.sum()):,} of the {len(is_shared):,} test examples are also trained on, {n_mined:,} of them in "
        "the set: it was mined where it is tested; pass test data that was kept out with --test"
    )


def _noisy(settings: Settings, examples: pd.DataFrame, scores: pd.DataFrame, reasons: Mapping[str, Any] | None) -> str:
    if settings.recipe in ("labels", "balanced", "without", "add"):
        return ""
    way = "up-weighting them teaches wrong labels; review them first, or use --recipe labels"
    noise, n = estimated_noise(examples, scores, reasons)
    if noise > MOST_NOISE:
        return f"about {noise:.0%} of the {n:,} examples of the set that nobody reviewed look mislabelled: {way}"
    noise, n = estimated_noise(scores.loc[:, ["id"]], scores, reasons)
    if noise > MOST_NOISE_OF_ALL:
        return f"about {noise:.0%} of the {n:,} examples of the run that nobody reviewed look mislabelled: {way}"
    return ""


def _in_sample(run: Run) -> str:
    if not has_only_memory(run):
        return ""
    return (
        f"run '{run.name}' has only the predictions of a model that is right on {accuracy_of(run):.1%} of its own "
        "training examples: its difficulty is not reliable; score again with --train or --oos head"
    )
