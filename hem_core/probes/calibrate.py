"""Reasons calibrated on planted probes: their features, as a judge sees them, teach what each kind looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.errors import ModelError
from hem_core.probes.held_out_logits import conflict_auroc
from hem_core.probes.judge import Impossible, Judge, Probes, Rows
from hem_core.probes.place import Facts, add_places
from hem_core.reasons import facts
from hem_core.reasons.calibrate import calibrate as calibrated
from hem_core.reasons.columns import ReasonPredictions, reason_columns
from hem_core.reasons.features import FEATURES, Features, features
from hem_core.reasons.regular import regular_rows
from hem_core.reasons.rules import REASONS
from hem_core.reasons.trusted_from import TRUSTED_FROM
from hem_core.reasons.votes import Votes, averaged
from hem_core.reasons.wrong_share import naming_rates

MEASURED = ("macro_f1", "balanced_accuracy", "ece", "recall_mislabelled", "false_mislabelled")
"""What run.json says of the classifier, see `ReasonModel.measured` and `naming_rates`."""
BESIDE = " The probabilities are the mean with those of the runs beside it ({})."
NOT_TRUSTED = "This model finds few of the wrong labels that were planted: do not rely on the reasons."


@dataclass(frozen=True, eq=False)
class Outcome:
    """What `calibrate` returns."""

    columns: dict[str, np.ndarray]
    """reason, reason_prob, reason_probs (N, 6), suggested_label, evidence; empty where nothing was calibrated."""
    info: dict[str, Any]
    """`reasons` of run.json."""
    rows: dict[str, np.ndarray]
    """For reason_rows.npz, which a refit reads; empty where nothing was calibrated."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Features of every row, and the examples whose kind is known: the probes, then rows that are surely regular."""

    rows: Features
    examples: np.ndarray
    """(P + R, F)."""
    kinds: np.ndarray
    """(P + R,) object."""
    n_probes: int
    auroc: float
    """How well planted flips are found: `conflict_auroc`."""


def calibrate(rows: Rows, judge: Judge) -> Outcome:
    """Name the reason of every row with a classifier that planted probes calibrated.

    Where that cannot be done (few rows, no model, no labels), `columns` and `rows` are empty and `info` says why:
    then the simple rules stand, and flips alone tell how far they are to be trusted.
    """
    try:
        return _calibrated(rows, judge)
    except (Impossible, ModelError) as error:
        return Outcome({}, by_rules_info(str(error)) | judge.of_flips(rows), {})


def by_rules_info(note: str) -> dict[str, Any]:
    """`reasons` of run.json where nothing was calibrated, and why."""
    nothing = dict.fromkeys(("auroc", "is_trusted", "macro_f1", "balanced_accuracy", "ece"))
    return {"how": "rules", "kinds": list(REASONS), "n_probes": 0, "n_tagged": 0, **nothing, "note": note}


def _calibrated(rows: Rows, judge: Judge) -> Outcome:
    if (rows.targets < 0).any():
        raise Impossible("Some examples have no label: simple rules name the reasons.")
    probes = judge.ask(rows)
    real, mine = judge.facts(rows), {**facts.from_logits(probes.logits, probes.plan.label), **probes.dynamics}
    voters = add_places(real, mine, rows, probes)
    lesson = _lesson(real, mine, probes, rows.seed)
    predictions = judge.predictions(rows)
    is_wrong = predictions.predicted != rows.targets
    own = calibrated(lesson.rows, lesson.examples, lesson.kinds, seed=rows.seed, is_wrong=is_wrong)
    model = averaged(own, rows.votes) if rows.votes is not None else own
    made = reason_columns(
        model,
        lesson.rows,
        predictions,
        table=rows.columns,
        targets=rows.targets,
        class_names=rows.classes,
        neighbour_labels=voters,
        epochs=rows.epochs,
    )
    measured = {**model.model.measured, **naming_rates(model, made["reason_probs"])}
    return Outcome(made, _info(measured, lesson, judge, rows.votes), _kept(lesson, predictions, rows))


def _lesson(real: Facts, mine: Facts, probes: Probes, seed: int) -> Lesson:
    """real and mine: facts of the N rows and of the P probes; what is not known of both counts for nothing."""
    if "energy" in real and not facts.has_energy(np.asarray(real["energy"])):
        real.pop("energy")  # of log-probabilities: it would be rounding noise, ranked
    names = [name for name in FEATURES if name in real and name in mine and np.isfinite(mine[name]).mean() > 0.9]
    rows = features(real, names=names)
    rows = Features(rows.values.astype(np.float16).astype(np.float32), rows.names)  # as they are kept for a refit
    planted = features(mine, reference=real, names=rows.names)
    regular, regular_kinds = regular_rows(real, most=max(50, int(probes.is_flip.sum())), seed=seed)
    examples = np.concatenate([planted.values, rows.values[regular]])
    kinds = np.concatenate([probes.plan.kind.astype(object), regular_kinds])
    auroc = round(conflict_auroc(rows, Features(planted.values[probes.is_flip], rows.names)), 4)
    return Lesson(rows, examples, kinds, len(probes.plan), auroc)


def _info(measured: Mapping[str, float], lesson: Lesson, judge: Judge, votes: Votes | None) -> dict[str, Any]:
    is_trusted = lesson.auroc >= TRUSTED_FROM
    n_beside = votes.n_models if votes is not None else 0
    return {
        "how": "calibrated",
        "kinds": list(REASONS),
        "auroc": lesson.auroc,
        "n_probes": lesson.n_probes,
        "is_trusted": is_trusted,
        **{name: measured.get(name) for name in MEASURED},
        "n_tagged": 0,
        **({"n_beside": n_beside} if n_beside else {}),
        "note": (judge.note + BESIDE.format(n_beside) * bool(n_beside)) if is_trusted else NOT_TRUSTED,
    }


def _kept(lesson: Lesson, predictions: ReasonPredictions, rows: Rows) -> dict[str, np.ndarray]:
    return {
        "values": lesson.rows.values.astype(np.float16),
        "names": np.array(lesson.rows.names),
        "examples": lesson.examples,
        "kinds": lesson.kinds.astype("U11"),
        "predicted": predictions.predicted.astype(np.int32),
        "sure": predictions.sure.astype(np.float32),
        "label_sure": predictions.label_sure.astype(np.float32),
        "second": predictions.second.astype(np.int32),
        "second_sure": predictions.second_sure.astype(np.float32),
        "voice": np.array(predictions.subject),
        "seed": np.array(rows.seed),
        "epochs": np.array(-1 if rows.epochs is None else rows.epochs),
        **(rows.votes.kept() if rows.votes is not None and rows.votes.n_models else {}),
    }
