"""Planted probes in a run: made, planted in the folds' trainings if there are any, and used to calibrate reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hem_core.dynamics.table import Dynamics
from hem_core.dynamics.window import Window, window
from hem_core.engine.extra import Extra
from hem_core.folds.cross_fit import CrossFit
from hem_core.folds.head_predictions import ByHeads
from hem_core.folds.oos_columns import OutOfSample
from hem_core.probes.asked_model import AskedModel
from hem_core.probes.calibrate import Outcome, by_rules_info, calibrate
from hem_core.probes.choose import probes_for, share_of
from hem_core.probes.fold_models import FoldModels, Planted
from hem_core.probes.judge import Judge, Rows
from hem_core.probes.linear_heads import LinearHeads
from hem_core.probes.own_model import OwnModel
from hem_core.probes.spoil import Spoiled, planted, spoil
from hem_core.runs.folds import Trainer, found_out
from hem_core.runs.prepare import is_picture
from hem_core.runs.scored import Scored
from hem_core.runs.voted_reasons import reason_votes

IN_A_TRAINING = 0.03
"""The largest share of probes in one fold's training; each probe is in one of them. In five folds of 1,797 digits that
is 67 of a kind: of three sets of planted flips .87 to .92 were named, with a precision of .99 to 1, and the models of
the folds were right on .932 to .937 of the given labels, as against .937 with a third of the probes."""


NOT_CALIBRATED = "No probes can be planted for the task '{}': its own rule names the reasons."
MANY = 0.1
"""A larger share of mislabelled examples is reported as doubtful."""


@dataclass(frozen=True, eq=False)
class Folds:
    """The folds' models' predictions for the rows and for the probes that were planted in their trainings."""

    truth: OutOfSample
    crossed: CrossFit
    probes: Planted | None
    """None where there were too few rows to plant probes among, or probes were turned off."""
    window: Window
    """The epochs before anything was memorised."""


def trained_in_folds(scored: Scored, heads: ByHeads | None, trainer: Trainer, beside: Dynamics | None = None) -> Folds:
    """Train without each fold in turn, with probes among the other rows, and predict the fold.

    beside: the recording of the training on everything, which counts in the mean of the dynamics.
    """
    rows = scored.joined.columns["index"]
    fold = trainer.assigned(rows, scored.targets, scored.groups)
    spoiled = _spoiled(scored, heads, fold[rows])
    if spoiled is None:
        crossed = trainer.folds(fold, beside=beside)
        truth = found_out(trainer, rows, fold, crossed)
        return Folds(truth, crossed, None, _early(crossed, truth.accuracy(scored.targets)))
    extra = _extra(spoiled, fold[rows], rows, trainer)
    embedded = trainer.embedded(extra)
    crossed = trainer.folds(fold, extra, beside)
    truth = found_out(trainer, rows, fold, crossed)
    early = _early(crossed, truth.accuracy(scored.targets))
    of_rows = crossed.single_dynamics.align(scored.ids) if crossed.single_dynamics is not None else None
    probes = Planted(spoiled, crossed.extra_logits, crossed.extra_dynamics, early.epochs, of_rows, embedded)
    return Folds(truth, crossed, probes, early)


def _early(crossed: CrossFit, held_out: float | None) -> Window:
    """The window of the folds' trainings."""
    are_rounds = crossed.dynamics is not None and crossed.dynamics.are_rounds
    return window(crossed.accuracies, held_out, are_rounds=are_rounds)


def calibrated(
    scored: Scored, columns: dict[str, np.ndarray], judge: Judge, *, epochs: int | None, sample: str
) -> Outcome:
    """Reasons with their probabilities; where they cannot be calibrated, nothing but the note that says why.

    epochs: how many were recorded; None where none were. sample: of the run's predictions.
    """
    ready, options = scored.ready, scored.options
    if not ready.task.spoils:
        return Outcome({}, by_rules_info(NOT_CALIBRATED.format(ready.task.name)), {})
    if not options.has_probes:
        return Outcome({}, by_rules_info("No probes were wanted: simple rules name the reasons."), {})
    classes, embeddings = ready.classes, scored.joined.embeddings
    votes = reason_votes(scored, sample)
    rows = Rows(columns, scored.targets, classes, embeddings, scored.graph, epochs, options.seed, votes)
    return doubted(calibrate(rows, judge))


def judge_of(scored: Scored, heads: ByHeads | None, folds: Folds | None) -> Judge:
    """Who judges rows and probes: the folds' models, else linear heads, else the model itself.

    A model that never saw these rows is a better judge than heads on its embeddings.
    """
    ready, batch_size = scored.ready, scored.plan.batch_size
    if folds is not None:
        return FoldModels(folds.truth.logits, folds.probes, ready.network, batch_size)
    asked = None
    if ready.network is not None and ready.inputs is not None:
        asked = AskedModel(ready.network, ready.inputs, batch_size)
    if heads is None or scored.options.sample == "out-of-sample":
        return OwnModel(asked)
    return LinearHeads(heads.heads, heads.truth.fold, asked)


def doubted(outcome: Outcome) -> Outcome:
    """The same, and a word of doubt in its note when more are called mislabelled than labels are usually wrong.

    On 6,497 wines, graded good or bad at 76% out-of-sample accuracy, 18% were: where classes overlap, an honest label
    on the wrong side of the border looks like a flipped one.
    """
    if "reason" not in outcome.columns:
        return outcome
    share = float((outcome.columns["reason"] == "mislabelled").mean())
    if share <= MANY:
        return outcome
    doubt = (
        f"{share:.0%} are called mislabelled, more than labels are usually wrong: where classes overlap, right labels "
        "look like that too. Review some before you believe it."
    )
    return replace(outcome, info=outcome.info | {"note": f"{outcome.info['note']} {doubt}".strip()})


def _spoiled(scored: Scored, heads: ByHeads | None, fold: np.ndarray) -> Spoiled | None:
    """The probes to plant, None without examples to spoil; half of the flips follow a linear head's predictions."""
    ready, options = scored.ready, scored.options
    if not options.has_probes or ready.inputs is None or not ready.task.spoils:
        return None
    logits = heads.truth.logits if heads is not None else None
    share = share_of(len(fold), most=IN_A_TRAINING * (int(fold.max()) + 1))
    fold = np.where(scored.held_out, -1, fold)  # rows that no training takes get no probes
    plan = probes_for(scored.targets, len(ready.classes), logits_oos=logits, fold=fold, seed=options.seed, share=share)
    if not len(plan):
        return None
    index = scored.joined.columns["index"]
    spoiled = spoil(plan, ready.inputs, index, is_picture=is_picture(ready.facts), seed=options.seed)
    return spoiled if len(spoiled.plan) else None


def _extra(spoiled: Spoiled, fold: np.ndarray, rows: np.ndarray, trainer: Trainer) -> Extra:
    """The probes as rows of the catalog know them. fold (n,) of the scored rows (n,)."""
    made = planted(spoiled, fold, trainer.n_folds, seed=trainer.options.seed)
    replaced = np.where(made.replaces >= 0, rows[np.maximum(made.replaces, 0)], -1)
    return replace(made, source=rows[made.source], replaces=replaced)
