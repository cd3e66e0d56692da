"""The recordings of several trainings as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.dynamics.table import Dynamics


def mean(recorded: Sequence[Dynamics | None], ids: Sequence[str]) -> Dynamics | None:
    """How each of N examples fared on average in the trainings that had it, epoch by epoch.

    A hit is one in more than half of them, so that hits stay 0 or 1. Shorter trainings lack their last epochs.
    Returns None when nothing was recorded.
    """
    recordings = [each for each in recorded if each is not None]
    if not recordings:
        return None
    n_epochs = max(each.n_epochs for each in recordings)
    totals, counts = np.zeros((3, len(ids), n_epochs)), np.zeros((3, len(ids), n_epochs))
    for each in recordings:
        values = _stacked(each.align(ids))  # (3, N, E of this one)
        is_known = ~np.isnan(values)
        totals[:, :, : each.n_epochs] += np.where(is_known, values, 0)
        counts[:, :, : each.n_epochs] += is_known
    averages = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
    averages[2] = np.where(counts[2] > 0, averages[2] > 0.5, np.nan)
    confidences, margins, hits = averages.astype(np.float32)
    return Dynamics(list(ids), confidences, margins, hits, targets=_targets(recordings, ids))


def by_row(recorded: Sequence[Dynamics | None], ids: Sequence[str], which: np.ndarray) -> Dynamics | None:
    """How each of P examples fared in the one training that had it, `which` (P,); NaN where that is -1.

    Returns None when nothing was recorded, or there are no examples.
    """
    recordings = [each for each in recorded if each is not None]
    if not recordings or not len(ids):
        return None
    values = np.full((3, len(ids), max(each.n_epochs for each in recordings)), np.nan, dtype=np.float32)
    for number, each in enumerate(recorded):
        rows = np.flatnonzero(which == number)
        if each is not None and len(rows):
            values[:, rows, : each.n_epochs] = _stacked(each.align([ids[row] for row in rows.tolist()]))
    confidences, margins, hits = values
    return Dynamics(list(ids), confidences, margins, hits)


def _targets(known: Sequence[Dynamics], ids: Sequence[str]) -> list[int | str | None] | None:
    """The label that each example was trained with, in whichever training had it."""
    label_of = {id: label for each in known for id, label in zip(each.ids, each.targets or (), strict=False)}
    return [label_of.get(id) for id in ids] if label_of else None


def _stacked(dynamics: Dynamics) -> np.ndarray:
    return np.stack([dynamics.confidences, dynamics.margins, dynamics.hits])
