"""The quality of labels of one class each: the order of `label_suspicion`, on the scale of a probability."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.array_checks import check_lengths, probabilities
from hem_core.difficulty.headline import headline
from hem_core.errors import DataError
from hem_core.reasons.facts import from_logits
from hem_core.reasons.neighbours_help import neighbours_help
from hem_core.reasons.rules import reasons
from hem_core.tasks import Averages, Rated, Task
from hem_core.thresholds import SUSPECT


def rated(task: Task, labels: Any, predictions: Any, neighbours: np.ndarray | None) -> Rated:
    """labels (N,) class numbers in 0 .. K - 1, predictions (N, K) probabilities of models that did not see the example.

    Without neighbours the quality is p / (p + q), of the label's probability and that of the best other class: .5 where
    they are equal. With them (N, k) the same N numbers are dealt out in the order of `label_suspicion`, which also asks
    how many neighbours carry the label, unless they make flipped labels harder to find here.
    """
    check_lengths(labels, predictions, "pred_probs")
    if not len(labels):
        return Rated(np.zeros(0), np.zeros(0, bool), np.zeros(0, bool), [], [], classes=np.zeros(0, np.int64))
    probs = probabilities(predictions, sums_to_one=True)
    if probs.shape[1] < 2:
        raise DataError("pred_probs have one column; for two classes pass np.column_stack([1 - p, p])")
    targets = class_numbers(labels, probs.shape[1])
    assert isinstance(task, Averages)
    logits = task.raw_of_votes(probs)
    known = from_logits(logits, targets)
    near = targets[neighbours] if neighbours is not None else None
    columns = {"margin": known["margin"], "loss": -np.log(np.maximum(probs[np.arange(len(probs)), targets], 1e-300))}
    has_helped = near is not None and neighbours_help(logits, targets, near)
    if near is not None and has_helped:
        columns["neighbour_disagreement"] = (near != targets[:, None]).mean(axis=1)
    found = headline(columns, sample="out-of-sample", neighbours_help=has_helped)
    predicted = probs.argmax(axis=1)
    return Rated(
        quality=_dealt(pairwise(probs, targets), found["label_suspicion"]) if has_helped else pairwise(probs, targets),
        is_issue=_is_issue(probs, targets, predicted, near if has_helped else None, found["label_suspicion"]),
        is_contradicted=predicted != targets,
        given=targets.tolist(),
        predicted=predicted.tolist(),
        classes=targets,
    )


def pairwise(probs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(N,) in 0 .. 1: the probability of the label over its sum with that of the best other class."""
    rows = np.arange(len(probs))
    own, others = probs[rows, targets], probs.copy()
    others[rows, targets] = 0
    best = others.max(axis=1)
    return np.divide(own, own + best, out=np.full(len(probs), 0.5), where=own + best > 0)


def _dealt(quality: np.ndarray, suspicion: np.ndarray) -> np.ndarray:
    """The values of quality (N,), the lowest to the most suspicious; the equally suspicious share their mean."""
    order = np.argsort(-suspicion, kind="stable")
    dealt = np.empty(len(quality))
    dealt[order] = np.sort(quality)
    _, place, count = np.unique(suspicion, return_inverse=True, return_counts=True)
    return (np.bincount(place, weights=dealt) / count)[place]


def _is_issue(
    probs: np.ndarray, targets: np.ndarray, predicted: np.ndarray, near: np.ndarray | None, suspicion: np.ndarray
) -> np.ndarray:
    """Which labels are named wrong by the simple rules that explain a run without probes."""
    rows = np.arange(len(probs))
    table = {
        "predicted_prob": probs[rows, predicted],
        "label_prob": probs[rows, targets],
        "label_suspicion": suspicion,
    }
    found = reasons(table, targets=targets, predictions=predicted, n_classes=probs.shape[1], neighbour_labels=near)
    return np.isin(found.reason, SUSPECT)


def class_numbers(labels: Any, n_classes: int) -> np.ndarray:
    """(N,) int64 in 0 .. K - 1. Raises DataError for names, missing labels, and classes without a column."""
    found = np.asarray(labels, object) if isinstance(labels, list) else np.asarray(labels)
    if found.ndim != 1 or any(isinstance(each, (list, tuple, np.ndarray)) for each in found[:1]):
        raise DataError("labels must have the shape (N,), a class number each; lists of tags are for task='multilabel'")
    name = next((each for each in found.tolist() if isinstance(each, str)), None)
    if name is not None:
        raise DataError(
            f"labels are names, such as '{name}'; pass the number of the column of pred_probs that each stands for: "
            "[classes.index(label) for label in labels]"
        )
    values = found.astype(np.float64)
    missing, odd = np.flatnonzero(np.isnan(values)), np.flatnonzero(values != np.floor(values))
    if len(missing):
        raise DataError(f"{len(missing):,} labels are missing, that of row {missing[0]} first; leave these rows out")
    if len(odd):
        raise DataError(
            f"row {odd[0]} has the label {values[odd[0]]:g}, which is no class number; for numbers pass "
            "task='regression'"
        )
    beyond = np.flatnonzero((values < 0) | (values >= n_classes))
    if len(beyond):
        raise DataError(
            f"row {beyond[0]} has the label {values[beyond[0]]:g}; pred_probs have {n_classes} columns, classes 0 to "
            f"{n_classes - 1}"
        )
    return values.astype(np.int64)
