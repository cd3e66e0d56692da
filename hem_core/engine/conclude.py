"""From the shards of a run to its tables: what needs the whole set, the headlines, the reasons, the map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hem_core.dynamics.table import Dynamics, to_table
from hem_core.embeddings.duplicates import duplicate_groups
from hem_core.embeddings.neighbours import Graph
from hem_core.engine import account, finish
from hem_core.engine.explain import by_rules, error_columns, headlines
from hem_core.engine.join import Joined, graph_of, join
from hem_core.engine.options import Options
from hem_core.engine.out_of_sample import OutOfSample, beside, by_heads
from hem_core.engine.plan import Plan
from hem_core.engine.prepare import Prepared
from hem_core.engine.progress import Progress
from hem_core.engine.set_scores import dynamics_scores, members, set_scores
from hem_core.store.atomic import write_table


@dataclass(frozen=True, eq=False)
class Scored:
    """All shards as one, with the graph over them: what every later step reads."""

    plan: Plan
    ready: Prepared
    options: Options
    joined: Joined
    graph: Graph | None

    @cached_property
    def ids(self) -> list[str]:
        return [self.ready.ids[index] for index in self.joined.columns["index"]]

    @cached_property
    def targets(self) -> np.ndarray:
        return self.joined.columns["target"]

    @cached_property
    def groups(self) -> np.ndarray | None:
        """(N,) number of the group of near-duplicates, -1 = none."""
        if self.graph is None:
            return None
        return duplicate_groups(self.graph, hashes=self.joined.columns.get("content_hash"))


def conclude(
    plan: Plan, ready: Prepared, recorded: Dynamics | None, options: Options, progress: Progress
) -> dict[str, Any]:
    """Write every table of the run; returns what run.json says of it."""
    joined = join(plan)
    device = str(ready.network.device) if ready.network else "cpu"
    graph = graph_of(plan, joined, k=options.k, seed=options.seed, device=device, progress=progress)
    scored = Scored(plan, ready, options, joined, graph)
    truth = _truth(scored, progress)
    with progress.stage("explain", joined.n):
        columns = joined.columns | set_scores(joined, graph, scored.ids, len(ready.classes))
        columns |= members(scored.ids, columns, ready.classes, options.beside)
        if recorded is not None:
            aligned = recorded.align(scored.ids)
            columns |= dynamics_scores(aligned)
            write_table(plan.folder / "dynamics.parquet", to_table(aligned))
        if truth is not None:
            columns |= beside(truth, scored.targets) | error_columns(columns, truth, None, seed=options.seed)
        head = headlines(columns, ready.classes, sample=options.sample)
        columns |= {name: head[name] for name in ("difficulty", "difficulty_in_class", "label_suspicion")}
        columns |= by_rules(columns, graph, ready.classes, epochs=recorded.n_epochs if recorded else None)
        if scored.groups is not None:
            columns["duplicate_group"] = scored.groups
        finish.write_scores(plan, columns, scored.ids, ready.classes)
        write_table(plan.folder / "catalog.parquet", account.stored_catalog(ready, joined))
        write_table(plan.folder / "failures.parquet", account.failures_table(ready, joined.failures))
    has_pictures = finish.write_thumbnails(plan, joined, ready.inputs, progress)
    if options.has_map:
        finish.write_projection(plan, joined, graph, seed=options.seed, progress=progress)
    has = {"has_pictures": has_pictures, "has_map": options.has_map}
    accuracy = float((columns["predicted"] == columns["target"]).mean())
    return {
        "n": joined.n,
        "n_failed": len(joined.failures),
        "accuracy": accuracy,
        "oos": _said(truth, scored.targets, accuracy),
        "notes": head["notes"] + account.memorised(accuracy, options),
        "headline": head["how"],
        "neighbours": {"k": graph.indices.shape[1], "method": graph.method, "recall": graph.recall} if graph else None,
        "missing": account.missing_parts(ready, joined, graph, recorded, **has),
    }


def _truth(scored: Scored, progress: Progress) -> OutOfSample | None:
    """Linear heads on the embeddings, unless it was said that none are wanted."""
    if scored.options.oos == "none":
        return None
    return by_heads(
        scored.joined, scored.groups, len(scored.ready.classes), seed=scored.options.seed, progress=progress
    )


def _said(truth: OutOfSample | None, targets: np.ndarray, accuracy: float) -> dict[str, Any] | None:
    if truth is None:
        return None
    return {
        "how": truth.how,
        "folds": int(truth.fold.max()) + 1,
        "repeats": 1 + len(truth.repeats),
        "accuracy": truth.accuracy(targets),
        "in_sample_accuracy": accuracy,
    }
