"""What all trials of a run share: its examples, the folds, and who is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hem_core.advise.trial_rows import TrialRows
from hem_core.errors import DataError
from hem_core.folds.assign import assign
from hem_core.folds.head_predictions import FOLDS
from hem_core.splits import is_held_out
from hem_core.tasks import Task, of

if TYPE_CHECKING:
    from hem_core.store.run import Run

Trained = Callable[[TrialRows, np.ndarray, int, str], np.ndarray]
"""Trains on the rows of a trial with a seed; gives the error (n,), 0 .. 1, of test rows (n,); the text says where."""


@dataclass(frozen=True, eq=False)
class Bench:
    """N examples of a run in folds."""

    run: Run
    of: str
    """Who is trained, in words."""
    is_stand_in: bool
    is_memorised: bool
    trained: Trained
    targets: np.ndarray
    """(N,) class of each example; -1 where it is not known or cannot be read."""
    fold: np.ndarray
    """(N,) the fold that tests each example; -1 for none."""
    is_trainable: np.ndarray
    """(N,) bool: has a label and is of no test or validation split."""
    second: np.ndarray
    """(N,) the likeliest class that is not its own; its own where that is not known."""
    facts: dict[str, str]
    """What else the results depend on."""
    train: str | None = None
    """The train function's name; None for linear heads."""

    @property
    def n_folds(self) -> int:
        return int(self.fold.max(initial=-1)) + 1

    def tested(self, fold: int) -> np.ndarray:
        """The rows that a fold tests."""
        return np.flatnonzero((self.fold == fold) & (self.targets >= 0))

    def learned(self, fold: int) -> np.ndarray:
        """The rows that a fold trains on."""
        return np.flatnonzero(self.is_trainable & (self.fold >= 0) & (self.fold != fold))


def task_of(run: Run) -> Task:
    """The task of a run. Raises DataError for one without classes, whose curve cannot be measured."""
    task = of(run.info)
    if "classes" not in task.offers:
        raise DataError(f"a learning curve is measured for classes; task '{task.name}' has none: omit --curve")
    return task


def held_out(run: Run) -> np.ndarray:
    """(N,) bool: of the test or validation split."""
    if "split" not in run.source.columns:
        return np.zeros(run.n, bool)
    return np.array([is_held_out(value) for value in run.table(["split"])["split"].tolist()], bool)


def second_classes(run: Run, targets: np.ndarray) -> np.ndarray:
    """(N,) the likeliest class of the run that is not the label's; the label's own where none is known."""
    if "top_classes" not in run.source.columns:
        return targets
    number = {name: place for place, name in enumerate(run.classes)}
    found = targets.copy()
    for row, names in enumerate(run.table(["top_classes"])["top_classes"].tolist()):
        others = [number[name] for name in (names if names is not None else ()) if number.get(name, -1) >= 0]
        found[row] = next((each for each in others if each != targets[row]), targets[row])
    return found


def folds_of(run: Run, targets: np.ndarray, seed: int) -> np.ndarray:
    """(N,) the folds that the run was scored with; where it was not, FOLDS new ones, near-duplicates together."""
    index = run.table(["index"])["index"].to_numpy()
    fold = np.full(int(index.max(initial=-1)) + 1, -1)
    paths = sorted((run.folder / "out_of_sample").glob("fold_*.npz"))
    single = [path for path in paths if path.stem.count("_") == 1]  # of the first repeat
    for path in single:
        with np.load(path, allow_pickle=False) as stored:
            rows = stored["rows"]
            fold[rows[rows < len(fold)]] = int(path.stem.rpartition("_")[2])
    if single:
        return fold[index]
    groups = None
    if "duplicate_group" in run.source.columns:
        numbers = run.table(["duplicate_group"])["duplicate_group"].to_numpy(float, na_value=np.nan)
        groups = np.where(np.isnan(numbers), -1, numbers).astype(np.int64)
    return assign(targets, FOLDS, groups=groups, seed=seed)
