"""Which rows of a run become probes, and how many."""

from __future__ import annotations

import numpy as np

from hem_core.probes.planted import Plan, plan

WANTED = 100
"""Probes a kind that one checkpoint is asked about even where they are more than a twentieth of the examples."""
MOST_SHARE = 0.15


def probes_for(
    targets: np.ndarray, n_classes: int, *, logits_oos: np.ndarray | None, fold: np.ndarray | None, seed: int,
    share: float = 0.05,
) -> Plan:  # fmt: skip
    """The plan for a run: rows without out-of-sample logits or a fold are no sources.

    Before a training (`share` .05, no logits yet) or for one checkpoint (see `share_of`).
    """
    usable, confusion = targets.copy(), None
    if logits_oos is not None:
        usable[np.isnan(logits_oos[:, 0])] = -1
        confusion = np.zeros((n_classes, n_classes))
        is_usable = usable >= 0
        np.add.at(confusion, (usable[is_usable], logits_oos[is_usable].argmax(axis=1)), 1)
    if fold is not None:
        usable[fold < 0] = -1
    return plan(usable, n_classes, confusion=confusion, seed=seed, share=share, fold=fold)


def share_of(n: int, *, most: float = MOST_SHARE) -> float:
    """The probes' share of n examples: enough for every kind, if that is no more than `most`."""
    return min(most, max(0.05, 4 * WANTED / max(1, n)))
