"""What undoing an action of the tag log would change now, before anybody does it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hem_core.store.tag_fold import NONE, Fold


@dataclass(frozen=True)
class Reversal:
    """How many rows an undo would change; the counts are of rows, each 0 .. n."""

    n: int
    """Rows that the action is about."""
    n_changed: int
    """Rows whose tags would change: they still carry what the action did."""
    n_regained: int
    """Of these, rows that would have another tag than now, an earlier one: theirs before the action, or what it took
    away."""
    is_undone: bool = False
    """Somebody has undone it already; then nothing would change."""

    @property
    def n_left(self) -> int:
        """Rows that a later action decided, which stay as they are."""
        return self.n - self.n_changed


def reversal(fold: Fold, position: int) -> Reversal:
    """What an undo of the entry at a position would do to the tags; the fold stays as it is."""
    members = fold.members[position]
    if not fold.counts[position]:
        return Reversal(len(members), 0, 0, is_undone=True)
    trial = _undone(fold, position)
    is_changed, is_regained = np.zeros((2, len(members)), bool)
    for name, held in trial.slots.items():
        before, after = fold.slots[name][members], held[members]
        is_changed |= before != after
        is_regained |= (before != after) & (after != NONE)
    return Reversal(len(members), int(is_changed.sum()), int(is_regained.sum()))


def takes_verdict(fold: Fold, position: int) -> bool:
    """Whether an undo of the entry at a position would take away the verdict that its only row has; False for others.

    A row that would have an earlier verdict again loses its own.
    """
    if len(fold.members[position]) != 1 or not fold.counts[position]:
        return False
    (id,) = fold.ids(position)
    before = fold.verdict(id)
    return before is not None and _undone(fold, position).verdict(id) != before


def _undone(fold: Fold, position: int) -> Fold:
    """The fold as it would be after an undo; the one given stays as it is."""
    trial = replace(
        fold,
        counts=[*fold.counts, True],
        undone_by={**fold.undone_by, position: [*fold.undone_by.get(position, ()), len(fold.events)]},
        slots={name: held.copy() for name, held in fold.slots.items()},
    )
    trial.settle(position)
    return trial
