"""From the shards of a run to its tables: what needs the whole set, the headlines, the reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.difficulty.headline import Headline
from hem_core.difficulty.members import optimism
from hem_core.dynamics.match import Match, match, match_contents
from hem_core.dynamics.table import Dynamics
from hem_core.embeddings.neighbours import Graph
from hem_core.engine.join import Joined, graph_of, join
from hem_core.engine.plan import Plan
from hem_core.engine.progress import Progress
from hem_core.media import medium
from hem_core.probes.calibrate import Outcome, by_rules_info
from hem_core.runs import finish, run_record, weak_slices
from hem_core.runs.attempts import Attempts
from hem_core.runs.calibrated_reasons import calibrated, judge_of
from hem_core.runs.embedded_parts import NearParts, near_parts
from hem_core.runs.example_facts import example_facts
from hem_core.runs.explain import by_rules, headlines
from hem_core.runs.failed_share import failed_share
from hem_core.runs.folds import Trainer
from hem_core.runs.options import Options
from hem_core.runs.other_models import Evidence, counted_errors, gather, out_of_sample, scores_of
from hem_core.runs.part_dynamics import with_dynamics
from hem_core.runs.part_measures import with_measures
from hem_core.runs.prepare import Prepared
from hem_core.runs.scored import Scored
from hem_core.runs.thumbnails import Drawing, Pictures, write_thumbnails
from hem_core.runs.voted import voted
from hem_core.runs.word_effects import of_the_hardest
from hem_core.store.atomic import write_arrays, write_table
from hem_core.store.map_pending import MAP
from hem_core.tasks import CalibratesParts, CalibratesReasons, KnowsTheSet, Metric, Parts, settings_of

NO_VOTES = (
    "The runs named with --beside do not count for the headlines: they may have been trained on these examples, and "
    "this run was not."
)
UNUSED = "The probes could not be used: simple rules name the reasons."
Columns = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Concluded:
    """What run.json tells of the tables that were written."""

    columns: Columns
    headline: Headline
    reasons: dict[str, Any]
    parts: Parts | None
    near: NearParts | None
    has_pictures: bool


def conclude(
    plan: Plan,
    ready: Prepared,
    recorded: Dynamics | None,
    options: Options,
    progress: Progress,
    trainer: Trainer | None = None,
) -> dict[str, Any]:
    """Write every table of the run but its map; returns what run.json says of it."""
    joined, attempts = join(plan), Attempts()
    fits = _fits(recorded, ready, joined, options)
    device = str(ready.network.device) if ready.network else "cpu"
    graph = attempts.make(
        "neighbours",
        lambda: graph_of(plan, joined, k=options.k, seed=options.seed, device=device, progress=progress),
        None,
    )
    scored = Scored(plan, ready, options, joined, graph, trainer)
    evidence = gather(scored, recorded, attempts, progress)
    with progress.stage("explain", joined.n):
        columns = scores_of(scored, evidence, attempts)
        own = _own_metrics(scored) if evidence.folds is not None else None
        scored, of_the_set, how = _of_the_set(scored, columns)
        columns |= of_the_set
        headline = _headline(scored, evidence, columns)
        columns |= {name: headline[name] for name in _headline_columns(ready) if name not in how}
        headline = _with_own(headline, how, evidence.sample)
    with progress.stage("probes"):
        scored, planted = _planted_in_parts(scored, columns, attempts)
        reasons = planted or _reasons(scored, evidence, columns, attempts)
        columns |= reasons.columns
    columns |= _marks(scored, columns, attempts, progress)
    catalog = run_record.stored_catalog(ready, joined)
    with progress.stage("slices", joined.n):
        columns |= _slices(scored, evidence, columns, catalog, attempts)
    parts = _parts(scored, columns, evidence, attempts, progress)
    near = attempts.make("neighbours of parts", lambda: _near(scored, parts, progress), None)
    drawing = Drawing.of(scored.ready.task, parts)
    pictures = attempts.make(
        "thumbnails", lambda: write_thumbnails(scored, drawing, progress), Pictures(is_there=False)
    )
    columns |= attempts.make("measures of the examples", lambda: example_facts(scored, pictures, columns), {})
    _write_tables(scored, columns, catalog, parts)
    if evidence.folds is not None:
        finish.write_answers(plan, scored.ready.task, columns)
    concluded = Concluded(columns, headline, reasons.info, parts, near, pictures.is_there)
    own = own if own is not None else scored.ready.task.metrics(joined.columns)
    return _account_of(scored, evidence, concluded, (fits, own), attempts)


def _fits(recorded: Dynamics | None, ready: Prepared, joined: Joined, options: Options) -> Match | None:
    """How the recording that the user named fits these examples; None where none was named."""
    if recorded is None or not options.dynamics:
        return None
    if "content_hash" in joined.columns:
        ids = [ready.ids[row] for row in joined.columns["index"].tolist()]
        match_contents(recorded, ids, joined.columns["content_hash"].tolist(), source=options.dynamics)
    return match(recorded, ready.ids, ready.targets.tolist(), ready.classes, source=options.dynamics)


def _own_metrics(scored: Scored) -> list[Metric]:
    """How good the scored model is on the examples as it saw them, where others' predictions take their place."""
    task, graph, columns = scored.ready.task, scored.graph, scored.joined.columns
    if not isinstance(task, KnowsTheSet):
        return task.metrics(columns)
    settled = task.of_the_set(columns, graph.indices if graph is not None else None)
    return settled.task.metrics({**columns, **settled.columns})


def _of_the_set(scored: Scored, columns: Columns) -> tuple[Scored, Columns, dict[str, str]]:
    """What the task makes of all examples together: with the task that they settled, columns, and how the headlines
    among these were made; nothing for a task that judges each example alone."""
    task, graph = scored.ready.task, scored.graph
    if not isinstance(task, KnowsTheSet):
        return scored, {}, {}
    of_set = task.of_the_set(columns, graph.indices if graph is not None else None)
    settled = replace(scored, ready=replace(scored.ready, task=of_set.task))
    return settled, dict(of_set.columns), dict(of_set.how)


def _with_own(headline: Headline, how: dict[str, str], sample: str) -> Headline:
    """The headline as a task with its own tells it. how: of `difficulty` and `label_suspicion`; {} without."""
    if not how:
        return headline
    way = "score predictions of a model that had not seen them, by --train and --oos 5 or with --out-of-sample"
    return Headline(**{**headline, "how": how, "notes": optimism(sample, way)})


def _headline(scored: Scored, evidence: Evidence, columns: Columns) -> Headline:
    is_own = evidence.sample == "out-of-sample" and evidence.folds is None  # its own predictions count, no head's
    logits = evidence.truth.logits if evidence.truth is not None and not is_own else None
    early, classes, beside = evidence.window, scored.ready.classes, scored.options.beside
    votes = voted(scored.ids, columns, classes, evidence.sample, beside)
    made = headlines(
        columns | votes,
        classes,
        sample=evidence.sample,
        graph=scored.graph,
        logits=logits,
        seed=scored.options.seed,
        has_memorised=early.has_memorised if early is not None else None,
    )
    how = {name: f"{how}; averaged with the runs beside it" if votes else how for name, how in made["how"].items()}
    how |= {"version": made["how"]["version"]} | ({"window": early.sentence} if early is not None else {})
    notes = [*made["notes"], *([NO_VOTES] if beside and not votes else [])]
    return Headline(**{**made, "how": how, "notes": notes})


def _headline_columns(ready: Prepared) -> tuple[str, ...]:
    """The headlines that a run has; only classes have a difficulty of their own."""
    return ("difficulty", *(["difficulty_in_class"] if ready.classes else []), "label_suspicion")


def _planted_in_parts(scored: Scored, columns: Columns, attempts: Attempts) -> tuple[Scored, Outcome | None]:
    """The task with what errors planted in its parts taught it, and its reasons; None for any other task."""
    task, options = scored.ready.task, scored.options
    if not isinstance(task, CalibratesParts) or not options.has_probes:
        return scored, None
    outcome = attempts.make("calibrated reasons", lambda: task.calibrated(columns, seed=options.seed), UNUSED)
    if isinstance(outcome, str):
        return scored, Outcome(task.explain(columns), by_rules_info(outcome), {})
    write_arrays(scored.plan.folder / "reason_rows.npz", **outcome.rows)
    settled = replace(scored, ready=replace(scored.ready, task=outcome.task))
    named = {**outcome.columns, **outcome.task.explain(columns)}
    return settled, Outcome(named, dict(outcome.info), dict(outcome.rows))


def _reasons(scored: Scored, evidence: Evidence, columns: Columns, attempts: Attempts) -> Outcome:
    """Why each row is hard: calibrated on probes, else by the task's own rule, else by the simple rules."""
    task, epochs = scored.ready.task, evidence.epochs
    judge = judge_of(scored, evidence.heads, evidence.folds)
    if isinstance(task, CalibratesReasons) and task.reasons_info:
        return Outcome(task.explain(columns), dict(task.reasons_info), {})
    outcome = attempts.make(
        "calibrated reasons",
        lambda: calibrated(scored, columns, judge, epochs=epochs, sample=evidence.sample),
        Outcome({}, by_rules_info(UNUSED), {}),
    )
    if outcome.rows:
        write_arrays(scored.plan.folder / "reason_rows.npz", **outcome.rows)
    named = outcome.columns or task.explain(columns)
    named = named or by_rules(columns, scored.graph, scored.ready.classes, epochs=epochs)
    return Outcome(named, outcome.info, outcome.rows)


def _marks(scored: Scored, columns: Columns, attempts: Attempts, progress: Progress) -> Columns:
    """`marks`: the words that drive the loss of the hardest texts; {} where there are no words, or no model to ask."""
    ready = scored.ready
    if not medium(ready.facts["medium"]).has_marks or "word effects" not in ready.task.offers:
        return {}
    if scored.network is None or ready.inputs is None:
        return {}
    network, inputs = scored.network, ready.inputs
    marks = attempts.make("word marks", lambda: of_the_hardest(network, inputs, columns, progress), None)
    return {"marks": marks} if marks is not None else {}


def _slices(scored: Scored, evidence: Evidence, columns: Columns, catalog: pa.Table, attempts: Attempts) -> Columns:
    """Write slices.parquet; returns the `cluster` of each row, {} where clusters were not looked for."""
    rows, wrong = columns["index"], counted_errors(evidence, columns)
    weak = attempts.make(
        "slices by clusters",
        lambda: weak_slices.weak_slices(catalog, rows, scored.joined.embeddings, wrong),
        None,
    ) or weak_slices.weak_slices(catalog, rows, None, wrong)
    weak_slices.write(weak, scored.plan.folder / "slices.parquet")
    return {"cluster": weak.cluster} if weak.cluster is not None else {}


def _parts(
    scored: Scored, columns: Columns, evidence: Evidence, attempts: Attempts, progress: Progress
) -> Parts | None:
    """The second level of the task, with its training dynamics and what it measures in the pictures, where known."""
    parts = scored.ready.task.parts(columns, scored.ids)
    if parts is None:
        return None
    parts = with_dynamics(scored, parts, evidence.recorded)
    return attempts.make("measures of the parts", lambda: with_measures(scored, parts, progress), parts)


def _write_tables(scored: Scored, columns: Columns, catalog: pa.Table, parts: Parts | None) -> None:
    """Write scores, parts, catalog and failures."""
    plan, ready = scored.plan, scored.ready
    finish.write_scores(plan, ready.task, columns, scored.ids, ready.classes)
    if parts is not None:
        finish.write_parts(plan, parts, catalog)
    write_table(plan.folder / "catalog.parquet", catalog)
    write_table(plan.folder / "failures.parquet", run_record.failures_table(ready, scored.joined.failures))


def _near(scored: Scored, parts: Parts | None, progress: Progress) -> NearParts | None:
    return near_parts(scored, parts, progress) if parts is not None else None


def _graph_facts(graph: Graph) -> dict[str, Any]:
    return {"k": graph.k, "method": graph.method, "recall": graph.recall}


def _levels(parts: Parts | None, near: NearParts | None) -> dict[str, Any]:
    """`levels` of run.json and, where the parts have them, `level_classes`, `level_judged` and `level_neighbours`."""
    if parts is None:
        return {"levels": ["examples"]}
    facts = {"level_neighbours": {parts.level: {**_graph_facts(near.graph), "of": near.of}}} if near else {}
    own = {"level_classes": parts.classes, "level_judged": parts.judged}
    return {
        "levels": ["examples", parts.level],
        **facts,
        **{key: {parts.level: list(x)} for key, x in own.items() if x},
    }


def _account_of(
    scored: Scored,
    evidence: Evidence,
    found: Concluded,
    of_model: tuple[Match | None, list[Metric]],
    attempts: Attempts,
) -> dict[str, Any]:
    """What run.json says of the tables. of_model: how the user's recording fits the examples, and the own metrics."""
    joined, ready, graph, options = scored.joined, scored.ready, scored.graph, scored.options
    fits, own = of_model
    missing = run_record.missing_parts(scored, evidence.recorded, has_pictures=found.has_pictures)
    return {
        "n": joined.n,
        **failed_share(joined.n, [reason for _index, reason in joined.failures]),
        "sample": evidence.sample,
        **_levels(found.parts, found.near),
        "metrics": [metric.to_json() for metric in ready.task.metrics(found.columns)],
        **({"task_settings": settings} if (settings := settings_of(ready.task)) else {}),
        "oos": out_of_sample(scored, evidence, found.columns, own),
        "reasons": found.reasons,
        "notes": [
            *run_record.of_the_data(ready, joined),
            *([fits.note] if fits else []),
            *found.headline["notes"],
            *run_record.memorised(own, options),
            *run_record.held_out(int(scored.held_out.sum()) if scored.trainer is not None else 0),
        ],
        "dynamics": asdict(fits) if fits else None,
        "headline": found.headline["how"],
        "neighbours": _graph_facts(graph) if graph else None,
        "missing": missing | attempts.missing,
        **({"pending": [MAP]} if options.has_map and (graph is not None or found.near is not None) else {}),
    }
