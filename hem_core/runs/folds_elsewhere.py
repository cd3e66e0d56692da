"""Folds trained by several processes: each training is kept on disk, where the run finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from hem_core.buckets.pieces import fetch_pieces
from hem_core.engine.extra import Extra
from hem_core.engine.progress import Progress
from hem_core.engine.runner import Opened, Runner, Work
from hem_core.folds.repeat import missing, repeats_of
from hem_core.runs.folds import Trainer
from hem_core.runs.worker import Asked, opened, repeated

Item: TypeAlias = tuple[int, int]
"""A repeat and a fold."""


@dataclass(frozen=True, eq=False)
class FoldsElsewhere:
    """Trains the folds of one run with a runner."""

    asked: Asked
    runner: Runner

    def __call__(self, trainer: Trainer, fold: np.ndarray, extra: Extra | None) -> None:
        """Train what is missing of the folds (N,) with the extra examples planted."""
        if not self.runner.has_others:
            return
        how = {"fold": fold, "n_folds": trainer.n_folds, "extra": extra, "repeats": trainer.options.repeats}
        items = missing(repeats_of(trainer.trainings, **how))
        asked = replace(self.asked, train=trainer.train.sent(self.asked.train or trainer.train))
        make = partial(_fitting, asked, opened(trainer.plan, trainer.ready), fold, extra)
        done: list[Item] = []

        def heard(item: Item) -> None:
            done.append(item)
            trainer.progress.tell("folds: training", len(done), len(items))

        self.runner.spread(Work(items, make, heard))
        fetch_pieces(trainer.plan.folder, trainer.plan.key)  # those of other machines


def _fitting(asked: Asked, agreed: Opened, fold: np.ndarray, extra: Extra | None) -> Callable[[Item], None]:
    """What trains a fold of a repeat in another process. Raises ModelError when it has another model or other data."""
    plan, ready, options, function = repeated(asked, agreed)
    assert function is not None
    trainer = Trainer(function, plan, ready, options, Progress(plan.folder))
    trainings = replace(trainer.trainings, progress=None)  # progress.json is the first process's
    repeats = repeats_of(trainings, fold=fold, n_folds=trainer.n_folds, extra=extra, repeats=options.repeats)

    def fitted(item: Item) -> None:
        repeats[item[0]].fit(item[1])

    return fitted
