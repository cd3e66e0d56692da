"""The evidence on the rows of a run apart from the scored model's own predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.dynamics.table import Dynamics, to_table
from hem_core.dynamics.window import Window, accuracies, window
from hem_core.engine.progress import Progress
from hem_core.folds.head_predictions import ByHeads, by_heads
from hem_core.folds.oos_columns import OutOfSample, beside, rescored
from hem_core.runs.attempts import Attempts
from hem_core.runs.calibrated_reasons import Folds, trained_in_folds
from hem_core.runs.explain import error_columns
from hem_core.runs.options import Sample
from hem_core.runs.scored import Scored
from hem_core.runs.set_scores import dynamics_scores, members, set_scores
from hem_core.store.atomic import write_table
from hem_core.store.definitions import judge
from hem_core.tasks import Metric
from hem_core.thresholds import WRONG

LEAST_HELD_OUT = 50
"""Examples of the test and validation splits that an accuracy can be said of."""
OF_ONE_MODEL = ("grand", "grand_last_layer")
"""Gradient lengths of the scored model, dropped where the folds' models replace its predictions."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Each is None where it was not requested or is not available for these rows."""

    heads: ByHeads | None
    folds: Folds | None
    recorded: Dynamics | None
    window: Window | None
    """The recorded epochs before anything was memorised."""
    own_sample: Sample
    """Whether the scored model was trained on the rows, as far as the user knows."""

    @property
    def truth(self) -> OutOfSample | None:
        """Predictions of the models that saw the rows least: those of the folds, otherwise the heads."""
        best = self.folds or self.heads
        return best.truth if best is not None else None

    @property
    def sample(self) -> Sample:
        """The sample of the run's predictions; those of the folds' models replace the scored model's."""
        return "out-of-sample" if self.folds is not None else self.own_sample

    @property
    def epochs(self) -> int | None:
        """The number of recorded epochs; None without a recording."""
        return self.recorded.n_epochs if self.recorded is not None else None


def gather(scored: Scored, recorded: Dynamics | None, attempts: Attempts, progress: Progress) -> Evidence:
    """Fit linear heads and train the folds of a train function.

    recorded: the training dynamics of the scored model. Where they are of the train function, its other trainings were
    recorded too, and the mean over all of them counts.
    """
    heads = attempts.make("linear heads", lambda: _heads(scored, progress), None)
    is_wanted = scored.trainer is not None and scored.options.oos != "none"
    is_its_own = scored.options.dynamics is None
    folds = None
    if is_wanted and scored.trainer is not None:
        folds = trained_in_folds(scored, heads, scored.trainer, recorded if is_its_own else None)
    if is_its_own and folds is not None and "training dynamics" in scored.ready.task.offers:
        recorded = folds.crossed.dynamics
    return Evidence(heads, folds, recorded, _window(scored, recorded, folds), _own_sample(scored))


def scores_of(scored: Scored, evidence: Evidence, attempts: Attempts) -> dict[str, np.ndarray]:
    """Every score of the run, and `error_prob` where a model that never saw the rows predicted them; each of length N.

    With folds, their models' predictions replace the scored model's.
    """
    columns = scored.joined.columns | _of_the_set(scored, attempts)
    if evidence.folds is not None:
        columns = {name: values for name, values in columns.items() if name not in OF_ONE_MODEL}
        columns |= rescored(scored.ready.task, evidence.folds.truth.logits, scored.targets)
    columns |= members(scored.ids, columns, scored.ready.classes, scored.options.beside)
    if evidence.recorded is not None:
        aligned = evidence.recorded.align(scored.ids)
        columns |= dynamics_scores(aligned, evidence.window.epochs if evidence.window is not None else None)
        write_table(scored.plan.folder / "dynamics.parquet", to_table(aligned))
    columns |= beside(evidence.heads.truth, scored.targets) if evidence.heads is not None else {}
    columns |= {"duplicate_group": scored.groups} if scored.groups is not None else {}
    errors, losses = _fresh(evidence, columns)
    columns |= error_columns(columns, errors, seed=scored.options.seed, losses=losses)
    if evidence.sample == "out-of-sample":  # the model's own columns are the better ones then
        columns = {name: values for name, values in columns.items() if not name.endswith("_oos")}
    return columns


def counted_errors(evidence: Evidence, columns: dict[str, np.ndarray]) -> np.ndarray:
    """(N,) 1 where the prediction that counts is wrong: the errors that every page and filter of the run counts."""
    return _as_wrong(columns["error_oos" if judge({"sample": evidence.sample}, columns) == "head" else "error"])


def out_of_sample(
    scored: Scored, evidence: Evidence, columns: dict[str, np.ndarray], own: list[Metric]
) -> dict[str, Any] | None:
    """How well models do that did not see the examples, by the headline metric, and how the model itself does.

    own: the metrics of the model that was scored, on the examples as it saw them.
    """
    truth = evidence.truth
    if truth is None:
        return None
    judged = {"error": truth.errors(scored.targets)} if truth.how == "head" else columns
    metrics, folds = scored.ready.task.metrics(judged), int(truth.fold.max()) + 1
    measured = {_key(metric): metric.value for metric in metrics[:1]}
    measured |= {f"in_sample_{_key(metric)}": metric.value for metric in own[:1]}
    repeats = scored.options.repeats if truth.how == "folds" else 1
    by = scored.trainer.train.name if scored.trainer is not None and truth.how == "folds" else None
    return {"how": truth.how, "folds": folds, "repeats": repeats, **({"train": by} if by else {})} | measured


def _window(scored: Scored, recorded: Dynamics | None, folds: Folds | None) -> Window | None:
    """The epochs of a recording before the model had memorised its training examples; None without classes."""
    if recorded is None or "classes" not in scored.ready.task.offers:
        return None
    if folds is not None and scored.options.dynamics is None:
        return folds.window
    held_out = folds.truth.accuracy(scored.targets) if folds is not None else _held_out_accuracy(scored)
    return window(accuracies(recorded.align(scored.ids).hits), held_out, are_rounds=recorded.are_rounds)


def _held_out_accuracy(scored: Scored) -> float | None:
    """Accuracy of the scored model on examples that it was not trained on, as far as it is known."""
    if scored.options.held_out_accuracy is not None:
        return scored.options.held_out_accuracy
    error = scored.joined.columns["error"]
    unseen = np.ones(len(error), bool) if scored.options.sample == "out-of-sample" else scored.held_out
    known = error[unseen & ~np.isnan(error)]
    return float((known < WRONG).mean()) if len(known) >= LEAST_HELD_OUT else None


def _own_sample(scored: Scored) -> Sample:
    """In-sample where the scored model was trained here on the rows, else what the user said of it."""
    is_of_these = scored.trainer is not None and scored.ready.network is None
    return "in-sample" if is_of_these else scored.options.sample


def _heads(scored: Scored, progress: Progress) -> ByHeads | None:
    """Linear heads on the embeddings, unless the user wants none."""
    if scored.options.oos == "none" or "linear heads" not in scored.ready.task.offers:
        return None
    n_classes, seed = len(scored.ready.classes), scored.options.seed
    return by_heads(scored.joined, scored.groups, n_classes, seed=seed, progress=progress, held_out=scored.held_out)


def _of_the_set(scored: Scored, attempts: Attempts) -> dict[str, np.ndarray]:
    """Scores of the neighbourhood and the prototypes; a task without classes has no prototypes."""
    n_classes = len(scored.ready.classes) if "prototypes" in scored.ready.task.offers else 0
    return attempts.make(
        "scores of the neighbourhood", lambda: set_scores(scored.joined, scored.graph, scored.ids, n_classes), {}
    )


def _fresh(evidence: Evidence, columns: dict[str, np.ndarray]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Errors (N,) or (N, R) of models that never saw the examples, and the losses (N, R) of R > 1 repeats.

    1 where such a model was wrong, NaN where it was not asked; a linear head's embedding saw the example, so it is no
    such model. None where no such model was asked.
    """
    if evidence.folds is not None:
        crossed, rows = evidence.folds.crossed, columns["index"]
        if crossed.errors is not None and crossed.losses is not None:
            return _as_wrong(crossed.errors[rows]), crossed.losses[rows]
        return _as_wrong(evidence.folds.truth.errors(columns["target"])), None
    return (_as_wrong(columns["error"]) if evidence.sample == "out-of-sample" else None), None


def _as_wrong(error: np.ndarray) -> np.ndarray:
    """error (N,) in 0 .. 1 as 1.0 for wrong, 0.0 for right; NaN stays."""
    return np.where(np.isnan(error), np.nan, error >= WRONG)


def _key(metric: Metric) -> str:
    return metric.name.replace(" ", "_")
