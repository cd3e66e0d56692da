"""The training set of one arm: rows that may repeat, with the arm's own targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.folds.training_set import TrainingSet, as_targets
from hem_core.retrain.source import Source


class ArmSet(TrainingSet):
    """A `TrainingSet` of N examples with given rows (N,), which may repeat, and a target for each (N,)."""

    def __init__(self, source: Source, rows: np.ndarray, targets: np.ndarray, classes: Sequence[str]) -> None:
        super().__init__(
            source.cached_inputs,
            rows[:0],
            source.targets,
            source.ids,
            classes,
            is_picture=source.is_picture,
            task=source.task,
        )
        self.rows, self.targets = rows, as_targets(targets)
        self.ids = [source.ids[row] for row in rows.tolist()]
