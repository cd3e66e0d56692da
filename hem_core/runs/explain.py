"""The headlines, the reasons by simple rules, and the evidence of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.difficulty.calibrated import error_probability, error_probability_from_repeats
from hem_core.difficulty.headline import Headline, headline
from hem_core.embeddings.neighbours import Graph
from hem_core.reasons.evidence import evidence
from hem_core.reasons.neighbours_help import neighbours_help
from hem_core.reasons.rules import reasons
from hem_core.reasons.top_logits import top_logits

EVIDENCE = ("aum_windowed", "confidence_mean_windowed", "neighbour_disagreement", "loss_oos")
"""What explains the error of a fresh model, where the run has it."""
MOST = 20_000
"""Rows whose predictions are spread over all classes to test whether neighbours help."""


def error_columns(
    columns: dict[str, np.ndarray], errors: np.ndarray | None, *, seed: int, losses: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """`error_prob`, `error_prob_low` and `error_prob_high`, each (N,); nothing where no fresh model was asked.

    errors (N,), or (N, R) of R repeats: 1 where a model that was not trained on the example was wrong, 0 where right,
    NaN not asked. Its own loss is no evidence: that would be circular. A linear head's is, and so are the dynamics, the
    neighbours and, of several repeats, `losses` (N, R): the error of each is explained by the losses of the others.
    """
    evidence = {name: columns[name] for name in EVIDENCE if name in columns and not np.isnan(columns[name]).all()}
    if errors is None or np.isnan(errors).all() or not (evidence or losses is not None):
        return {}
    if losses is not None:
        interval = error_probability_from_repeats(losses, errors, evidence, seed=seed)
    else:
        interval = error_probability(evidence, errors, seed=seed)
    return {"error_prob": interval["prob"], "error_prob_low": interval["low"], "error_prob_high": interval["high"]}


def headlines(
    columns: dict[str, np.ndarray],
    class_names: list[str],
    *,
    sample: str,
    graph: Graph | None,
    logits: np.ndarray | None,
    seed: int,
    has_memorised: bool | None = None,
) -> Headline:
    """Difficulty and label suspicion, with how they were made. logits (N, K) of models that did not see the rows, None
    where the run's own predictions are out-of-sample or nothing is.

    class_names: [] for a task without classes, whose difficulty is not ranked within a class. has_memorised: whether
    the model memorised its training examples, None where it is not known.
    """
    targets = columns["target"]
    if not class_names:
        return headline(columns, sample=sample)
    labels = np.array(class_names, dtype=object)[targets]
    do_help = graph is None or _do_help(columns, len(class_names), sample, graph, logits, seed)
    return headline(columns | {"label": labels}, sample=sample, neighbours_help=do_help, has_memorised=has_memorised)


def _do_help(
    columns: dict[str, np.ndarray], n_classes: int, sample: str, graph: Graph, logits: np.ndarray | None, seed: int
) -> bool:
    """Whether the neighbours help the predictions that count; where these are the run's own, up to `MOST` rows tell."""
    targets, rows = columns["target"], np.arange(len(columns["target"]))
    if logits is None and (sample != "out-of-sample" or "top_probs" not in columns):
        return True
    if logits is None:
        labelled = np.flatnonzero(targets >= 0)
        rows = np.random.default_rng((seed, 6)).permutation(labelled)[:MOST]  # no stream that others draw from
        kept = {name: columns[name][rows] for name in ("top_classes", "top_probs", "label_prob")}
        logits = top_logits(kept, targets[rows], n_classes)
    return neighbours_help(logits, targets[rows], targets[graph.indices[rows]], seed=seed)


def by_rules(
    columns: dict[str, np.ndarray], graph: Graph | None, class_names: list[str], *, epochs: int | None
) -> dict[str, Any]:
    """`reason`, `suggested_label` and `evidence` of every example, by the simple rules."""
    targets, predicted = columns["target"], columns["predicted"]
    table = columns | {"top_classes": np.array(class_names, dtype=object)[columns["top_classes"]]}
    voters = targets[graph.indices] if graph is not None else None
    named = reasons(table, targets=targets, predictions=predicted, n_classes=len(class_names), neighbour_labels=voters)
    words = evidence(
        table,
        named.reason,
        targets=targets,
        predictions=predicted,
        class_names=class_names,
        neighbour_labels=voters,
        epochs=epochs,
    )
    return {
        "reason": named.reason,
        "suggested_label": np.array(named.suggested_label(class_names), dtype=object),
        "evidence": np.array(words, dtype=object),
    }
