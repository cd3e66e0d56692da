"""From the shards of a run to its tables: what needs the whole set, the headlines, the reasons."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from hem_core.dynamics.match import Match, match, match_contents
from hem_core.dynamics.table import Dynamics, to_table
from hem_core.engine.join import Joined, graph_of, join
from hem_core.engine.plan import Plan
from hem_core.engine.progress import Progress
from hem_core.folds.out_of_sample import OutOfSample, beside, by_heads, rescored
from hem_core.media import medium
from hem_core.probes.calibrate import Outcome, by_rules_info
from hem_core.runs import account, finish, weak_slices
from hem_core.runs.attempts import Attempts
from hem_core.runs.calibrated_reasons import Folds, calibrated, trained_in_folds
from hem_core.runs.explain import by_rules, error_columns, headlines
from hem_core.runs.failed_share import failed_share
from hem_core.runs.folds import Trainer
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared
from hem_core.runs.scored import Scored
from hem_core.runs.set_scores import dynamics_scores, members, set_scores
from hem_core.runs.word_effects import of_the_hardest
from hem_core.store.atomic import write_arrays, write_table
from hem_core.store.definitions import judge
from hem_core.store.pending import MAP
from hem_core.tasks import Metric
from hem_core.thresholds import WRONG

OF_ONE_MODEL = ("grand", "grand_last_layer")
"""Gradient lengths of the model that was scored: no column beside the logits of the folds' models."""
NOT_CALIBRATED = "No probes can be planted for the task '{}': its own rule names the reasons."


def conclude(
    plan: Plan,
    ready: Prepared,
    recorded: Dynamics | None,
    options: Options,
    progress: Progress,
    trainer: Trainer | None = None,
) -> dict[str, Any]:
    """Write every table of the run; returns what run.json says of it."""
    joined = join(plan)
    fits = _fits(recorded, ready, joined, options)
    device = str(ready.network.device) if ready.network else "cpu"
    attempts = Attempts()
    graph = attempts.make(
        "neighbours",
        lambda: graph_of(plan, joined, k=options.k, seed=options.seed, device=device, progress=progress),
        None,
    )
    scored = Scored(plan, ready, options, joined, graph, trainer)
    heads = attempts.make("linear heads", lambda: _heads(scored, progress), None)
    folds = trained_in_folds(scored, heads, trainer) if trainer is not None else None
    if recorded is None and folds is not None and "training dynamics" in ready.task.offers:
        recorded = folds.crossed.dynamics
    sample = "out-of-sample" if folds is not None else options.sample
    with progress.stage("explain", joined.n):
        columns = _scores(scored, heads, folds, recorded, attempts)
        columns |= error_columns(columns, _errors(folds, columns, sample), seed=options.seed)
        if sample == "out-of-sample":  # the model's own columns are the better ones then
            columns = {name: values for name, values in columns.items() if not name.endswith("_oos")}
        truth = folds.truth if folds is not None else heads
        logits = truth.logits if truth is not None else None
        head = headlines(columns, ready.classes, sample=sample, graph=graph, logits=logits, seed=options.seed)
        columns |= {name: head[name] for name in _headline_columns(ready)}
    with progress.stage("probes"):
        epochs = recorded.n_epochs if recorded else None
        nothing = Outcome({}, by_rules_info("The probes could not be used: simple rules name the reasons."), {})
        reasons = attempts.make(
            "calibrated reasons",
            lambda: (
                calibrated(scored, columns, heads, folds, sample=sample, epochs=epochs)
                if ready.task.spoils
                else Outcome({}, by_rules_info(NOT_CALIBRATED.format(ready.task.name)), {})
            ),
            nothing,
        )
        columns |= (
            reasons.columns or ready.task.explain(columns) or by_rules(columns, graph, ready.classes, epochs=epochs)
        )
        if reasons.rows:
            write_arrays(plan.folder / "reason_rows.npz", **reasons.rows)
    has_marks = medium(ready.facts["medium"]).has_marks and "word effects" in ready.task.offers
    if has_marks and scored.network is not None and ready.inputs is not None:
        network, inputs = scored.network, ready.inputs
        marks = attempts.make("word marks", lambda: of_the_hardest(network, inputs, columns, progress), None)
        columns |= {"marks": marks} if marks is not None else {}
    with progress.stage("slices", joined.n):
        catalog = account.stored_catalog(ready, joined)
        rows, wrong = columns["index"], _wrong(columns, sample)
        slices = attempts.make(
            "slices by clusters",
            lambda: weak_slices.weak_slices(catalog, rows, joined.embeddings, wrong),
            None,
        ) or weak_slices.weak_slices(catalog, rows, None, wrong)
        weak_slices.write(slices, plan.folder / "slices.parquet")
        if slices.cluster is not None:
            columns["cluster"] = slices.cluster
    finish.write_scores(plan, ready.task, columns, scored.ids, ready.classes)
    parts = ready.task.parts(columns, scored.ids)
    if parts is not None:
        finish.write_parts(plan, parts, catalog)
    write_table(plan.folder / "catalog.parquet", catalog)
    write_table(plan.folder / "failures.parquet", account.failures_table(ready, joined.failures))
    has_pictures = attempts.make(
        "thumbnails", lambda: finish.write_thumbnails(plan, joined, ready.inputs, progress), False
    )
    has = {"has_pictures": has_pictures, "has_map": options.has_map}
    n_held_out = int(scored.held_out.sum()) if trainer is not None else 0
    own = ready.task.metrics(joined.columns)
    return {
        "n": joined.n,
        **failed_share(joined.n, [reason for _index, reason in joined.failures]),
        "sample": sample,
        "levels": ["examples", *([parts.level] if parts is not None else [])],
        "metrics": [metric.to_json() for metric in ready.task.metrics(columns)],
        "oos": _out_of_sample(folds.truth if folds else heads, scored, columns, own),
        "reasons": reasons.info,
        "notes": account.of_the_data(ready, joined)
        + ([fits.note] if fits else [])
        + head["notes"]
        + account.memorised(own, options)
        + account.held_out(n_held_out),
        "dynamics": asdict(fits) if fits else None,
        "headline": head["how"],
        "neighbours": {"k": graph.indices.shape[1], "method": graph.method, "recall": graph.recall} if graph else None,
        "missing": account.missing_parts(ready, joined, graph, recorded, **has) | attempts.missing,
        **({"pending": [MAP]} if options.has_map and graph is not None else {}),
    }


def _scores(
    scored: Scored, heads: OutOfSample | None, folds: Folds | None, recorded: Dynamics | None, attempts: Attempts
) -> dict[str, np.ndarray]:
    """Every score of the run; with folds, what their models say stands in the place of the scored model's."""
    task = scored.ready.task
    n_classes = len(scored.ready.classes) if "prototypes" in task.offers else 0
    of_the_set = attempts.make(
        "scores of the neighbourhood", lambda: set_scores(scored.joined, scored.graph, scored.ids, n_classes), {}
    )
    columns = scored.joined.columns | of_the_set
    if folds is not None:
        columns = {name: values for name, values in columns.items() if name not in OF_ONE_MODEL}
        columns |= rescored(task, folds.truth.logits, scored.targets)
    columns |= members(scored.ids, columns, scored.ready.classes, scored.options.beside)
    if recorded is not None:
        aligned = recorded.align(scored.ids)
        columns |= dynamics_scores(aligned)
        write_table(scored.plan.folder / "dynamics.parquet", to_table(aligned))
    columns |= beside(heads, scored.targets) if heads is not None else {}
    return columns | ({"duplicate_group": scored.groups} if scored.groups is not None else {})


def _fits(recorded: Dynamics | None, ready: Prepared, joined: Joined, options: Options) -> Match | None:
    """How the recording that the user named fits these examples; None where none was named."""
    if recorded is None or not options.dynamics:
        return None
    if "content_hash" in joined.columns:
        ids = [ready.ids[row] for row in joined.columns["index"].tolist()]
        match_contents(recorded, ids, joined.columns["content_hash"].tolist(), source=options.dynamics)
    return match(recorded, ready.ids, ready.targets.tolist(), ready.classes, source=options.dynamics)


def _heads(scored: Scored, progress: Progress) -> OutOfSample | None:
    """Linear heads on the embeddings, unless it was said that none are wanted."""
    if scored.options.oos == "none" or "linear heads" not in scored.ready.task.offers:
        return None
    n_classes, seed = len(scored.ready.classes), scored.options.seed
    return by_heads(scored.joined, scored.groups, n_classes, seed=seed, progress=progress, held_out=scored.held_out)


def _headline_columns(ready: Prepared) -> tuple[str, ...]:
    """The headlines that a run has; only classes have a difficulty of their own."""
    return ("difficulty", *(["difficulty_in_class"] if ready.classes else []), "label_suspicion")


def _errors(folds: Folds | None, columns: dict[str, np.ndarray], sample: str) -> np.ndarray | None:
    """(N,) 1 where a model that never saw the example was wrong; a linear head's embedding did, so it is no such model.

    None where no such model was asked, NaN where it was not asked about the example.
    """
    if folds is not None:
        return _as_wrong(folds.truth.errors(columns["target"]))
    return _as_wrong(columns["error"]) if sample == "out-of-sample" else None


def _wrong(columns: dict[str, np.ndarray], sample: str) -> np.ndarray:
    """(N,) 1 where the prediction that counts is wrong: the errors that every page and filter of the run counts."""
    return _as_wrong(columns["error_oos" if judge({"sample": sample}, columns) == "head" else "error"])


def _as_wrong(error: np.ndarray) -> np.ndarray:
    """error (N,) in 0 .. 1 as 1.0 for wrong, 0.0 for right; NaN stays."""
    return np.where(np.isnan(error), np.nan, error >= WRONG)


def _out_of_sample(
    truth: OutOfSample | None, scored: Scored, columns: dict[str, np.ndarray], own: list[Metric]
) -> dict[str, Any] | None:
    """How well models do that did not see the examples, by the headline metric, and how the model itself does.

    own: the metrics of the model that was scored, on the examples as it saw them.
    """
    if truth is None:
        return None
    asked = {"error": truth.errors(scored.targets)} if truth.how == "head" else columns
    found, folds = scored.ready.task.metrics(asked), int(truth.fold.max()) + 1
    measured = {_key(metric): metric.value for metric in found[:1]}
    measured |= {f"in_sample_{_key(metric)}": metric.value for metric in own[:1]}
    return {"how": truth.how, "folds": folds, "repeats": 1} | measured


def _key(metric: Metric) -> str:
    return metric.name.replace(" ", "_")
