"""Predictions of linear heads on the embeddings, each fitted without the examples that it predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.engine.join import Joined
from hem_core.engine.progress import Progress
from hem_core.folds.assign import assign
from hem_core.folds.linear_head import Heads, cross_fit_head
from hem_core.folds.oos_columns import OutOfSample

FOLDS = 5
LEAST_ROWS = 40
"""Fewer examples give heads that say little."""


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


def _all_folds(fold: np.ndarray) -> bool:
    """Has every training, each without one fold, examples of some other?"""
    return len(np.unique(fold)) > 1


def _can_be_parted(targets: np.ndarray, groups: np.ndarray | None) -> bool:
    counts = np.bincount(targets[targets >= 0])
    if counts.sum() < LEAST_ROWS or (counts >= 2).sum() < 2:
        return False
    units = (targets >= 0).sum() if groups is None else len(np.unique(groups[groups >= 0])) + (groups < 0).sum()
    return int(units) >= FOLDS
