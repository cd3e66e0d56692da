"""The headlines, the reasons by simple rules, and the evidence of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.difficulty.calibrated import error_probability, error_probability_from_repeats
from hem_core.difficulty.evidence import evidence
from hem_core.difficulty.headline import Headline, headline
from hem_core.difficulty.reasons import reasons
from hem_core.embeddings.neighbours import Graph
from hem_core.engine.out_of_sample import OutOfSample
from hem_core.errors import HemError

EVIDENCE = ("aum_windowed", "confidence_mean", "neighbour_disagreement")
"""What explains the error of a fresh model, where the run has it, beside the out-of-sample losses of others."""


def error_columns(
    columns: dict[str, np.ndarray], truth: OutOfSample | None, heads: OutOfSample | None, *, seed: int
) -> dict[str, np.ndarray]:
    """`error_prob`, `error_prob_low` and `error_prob_high`, each (N,); nothing where no fresh model was asked.

    truth: the models whose errors are explained; heads: linear heads whose losses are evidence for the folds' errors.
    """
    if truth is None:
        return {}
    targets = columns["target"]
    known = {name: columns[name] for name in EVIDENCE if name in columns}
    try:
        if truth.repeats:
            found = error_probability_from_repeats(truth.losses(targets), truth.errors(targets), known, seed=seed)
        else:
            known |= {"loss_oos": heads.losses(targets).mean(axis=1)} if heads is not None else {}
            found = error_probability(known, truth.errors(targets), seed=seed)
    except HemError:  # no evidence, or no error known: then there is no probability, and the headline says so
        return {}
    return {"error_prob": found["prob"], "error_prob_low": found["low"], "error_prob_high": found["high"]}


def headlines(columns: dict[str, np.ndarray], class_names: list[str], *, sample: str) -> Headline:
    """Difficulty and label suspicion, with how they were made."""
    labels = np.array(class_names, dtype=object)[columns["target"]]
    return headline(columns | {"label": labels}, sample=sample)


def by_rules(
    columns: dict[str, np.ndarray], graph: Graph | None, class_names: list[str], *, epochs: int | None
) -> dict[str, Any]:
    """`reason`, `suggested_label` and `evidence` of every example, by the simple rules."""
    targets, predicted = columns["target"], columns["predicted"]
    table = columns | {"top_classes": np.array(class_names, dtype=object)[columns["top_classes"]]}
    voters = targets[graph.indices] if graph is not None else None
    found = reasons(table, targets=targets, predictions=predicted, n_classes=len(class_names), neighbour_labels=voters)
    words = evidence(
        table,
        found.reason,
        targets=targets,
        predictions=predicted,
        class_names=class_names,
        neighbour_labels=voters,
        epochs=epochs,
    )
    return {
        "reason": found.reason,
        "suggested_label": np.array(found.suggested_label(class_names), dtype=object),
        "evidence": np.array(words, dtype=object),
    }
