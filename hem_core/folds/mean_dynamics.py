"""The recordings of several trainings as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hem_core.dynamics.table import Dynamics
from hem_core.dynamics.window import accuracies


class MeanDynamics:
    """How each of N examples fared on average in the trainings that had it, epoch by epoch.

    A hit is one in more than half of them, so that hits stay 0 or 1. Shorter trainings lack their last epochs.
    Recordings are added one after the other, and none is kept.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = list(ids)
        self._totals = np.zeros((3, len(ids), 0))
        self._counts = np.zeros((3, len(ids), 0), np.uint16)
        self._label_of: dict[str, int | str | None] = {}
        self._accuracies: list[np.ndarray] = []
        self._are_rounds = False

    def add(self, recorded: Dynamics | None) -> None:
        """One more recording; None counts for nothing."""
        if recorded is None:
            return
        missing = recorded.n_epochs - self._totals.shape[2]
        if missing > 0:
            more = ((0, 0), (0, 0), (0, missing))
            self._totals, self._counts = np.pad(self._totals, more), np.pad(self._counts, more)
        values = _stacked(recorded.align(self._ids))  # (3, N, E of this one)
        is_known = ~np.isnan(values)
        self._totals[:, :, : recorded.n_epochs] += np.where(is_known, values, 0)
        self._counts[:, :, : recorded.n_epochs] += is_known
        self._accuracies.append(accuracies(recorded.hits))
        self._are_rounds |= recorded.are_rounds
        self._label_of |= dict(zip(recorded.ids, recorded.targets or (), strict=False))

    @property
    def accuracies(self) -> np.ndarray:
        """(E,) training accuracy of each epoch, mean over the trainings that had it; (0,) when nothing was recorded."""
        longest = max((len(each) for each in self._accuracies), default=0)
        padded = np.full((len(self._accuracies), longest), np.nan)
        for row, each in zip(padded, self._accuracies, strict=True):
            row[: len(each)] = each
        known = ~np.isnan(padded)
        return np.where(known, padded, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)

    @property
    def dynamics(self) -> Dynamics | None:
        """The mean; None when nothing was recorded."""
        if not self._totals.shape[2]:
            return None
        averages = np.where(self._counts > 0, self._totals / np.maximum(self._counts, 1), np.nan)
        averages[2] = np.where(self._counts[2] > 0, averages[2] > 0.5, np.nan)
        confidences, margins, hits = averages.astype(np.float32)
        targets = [self._label_of.get(id) for id in self._ids] if self._label_of else None
        return Dynamics(self._ids, confidences, margins, hits, targets=targets, are_rounds=self._are_rounds)


def mean(recorded: Iterable[Dynamics | None], ids: Sequence[str]) -> Dynamics | None:
    """`MeanDynamics` of several recordings of N examples; None when nothing was recorded."""
    total = MeanDynamics(ids)
    for each in recorded:
        total.add(each)
    return total.dynamics


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


def _stacked(dynamics: Dynamics) -> np.ndarray:
    return np.stack([dynamics.confidences, dynamics.margins, dynamics.hits])
