"""Evidence from models that did not see an example: a train function's folds, or linear heads on the embeddings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from hem_core.engine.example_scores import example_scores
from hem_core.engine.join import Joined
from hem_core.engine.progress import Progress
from hem_core.folds.assign import assign
from hem_core.folds.linear_head import Heads, cross_fit_head
from hem_core.reasons.facts import has_energy
from hem_core.tasks import Task, load

FOLDS = 5
LEAST_ROWS = 40
"""Fewer examples give heads that say little."""


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """What models said of N examples that they were not trained on. `how`: "folds" or "head"."""

    how: str
    logits: np.ndarray
    """(N, W) float32, the raw outputs; NaN rows where nothing is known."""
    fold: np.ndarray
    """(N,) the fold that each row was left out with."""
    task: Task = field(default_factory=load)

    def errors(self, targets: np.ndarray) -> np.ndarray:
        """(N,): 1 where the model was wrong, 0 where right, NaN where it was not asked."""
        return np.where(np.isnan(self.logits[:, 0]), np.nan, self.task.errors(self.logits, targets))


@dataclass(frozen=True, eq=False)
class ByHeads:
    """Linear heads on the embeddings, and what they said of N examples."""

    truth: OutOfSample
    heads: Heads


def by_heads(
    joined: Joined,
    groups: np.ndarray | None,
    n_classes: int,
    *,
    seed: int,
    progress: Progress,
    held_out: np.ndarray,
) -> ByHeads | None:
    """Cross-fit linear heads on the embeddings; None without embeddings or with too few examples.

    groups (N,): near-duplicates, which share a fold; -1 = none. held_out (N,) bool: asked, but in no training; where
    the others are too few for heads, everything is learned from. What is learned is only semi-out-of-sample: the
    embedding itself may have been trained on these examples.
    """
    targets = joined.columns["target"]
    if joined.embeddings is None or not _can_be_parted(targets, groups):
        return None
    fold = assign(targets, FOLDS, groups=groups, seed=seed)
    rest = np.where(held_out, -1, targets)
    is_enough = _can_be_parted(rest, groups) and _all_folds(fold[rest >= 0])
    is_learned = ~held_out if is_enough else np.ones_like(held_out)
    with progress.stage("head", FOLDS) as report:
        heads = cross_fit_head(
            joined.embeddings, targets, fold, n_classes, seed=seed, is_learned=is_learned, progress=report
        )
    return ByHeads(OutOfSample("head", heads.logits, fold), heads)


def beside(found: OutOfSample, targets: np.ndarray) -> dict[str, np.ndarray]:
    """The columns `loss_oos`, `margin_oos`, `entropy_oos`, `label_prob_oos`, `predicted_oos`, `predicted_prob_oos`,
    `error_oos`, each (N,), and the head's most likely classes, `top_classes_oos` and `top_probs_oos`."""
    made = rescored(found.task, found.logits, targets)
    names = ("loss", "margin", "entropy", "label_prob", "predicted", "predicted_prob", "top_classes", "top_probs")
    names += ("error",)
    return {f"{name}_oos": made[name] for name in names if name in made}


def rescored(task: Task, raw: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Every column that comes from raw outputs (N, W) and targets (N,) alone, as a run has them."""
    found = example_scores(task, [""] * len(targets), torch.from_numpy(raw), torch.from_numpy(targets))
    columns = {name: values.numpy() for name, values in found.items()}
    if "energy" in columns and not has_energy(columns["energy"]):
        del columns["energy"]
    return columns


def _all_folds(fold: np.ndarray) -> bool:
    """Has every training, each without one fold, examples of some other?"""
    return len(np.unique(fold)) > 1


def _can_be_parted(targets: np.ndarray, groups: np.ndarray | None) -> bool:
    counts = np.bincount(targets[targets >= 0])
    if counts.sum() < LEAST_ROWS or (counts >= 2).sum() < 2:
        return False
    units = (targets >= 0).sum() if groups is None else len(np.unique(groups[groups >= 0])) + (groups < 0).sum()
    return int(units) >= FOLDS
