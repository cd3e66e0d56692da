"""One of the times that all folds are trained: each training done once, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hem_core.engine.extra import Extra
from hem_core.folds.training import FOLDER, Trainings, drop_checkpoints, keep, kept


@dataclass(frozen=True, eq=False)
class Repeat:
    """One of R times that all folds are trained; `trainings` have the seed of this one."""

    trainings: Trainings
    number: int
    of: int
    fold: np.ndarray
    """(N,) int64 in [0, n_folds), -1 = neither trained on nor asked."""
    n_folds: int
    extra: Extra | None

    def name(self, each: int) -> str:
        """What the files of a fold are called."""
        return f"{self.number}_{each}" if self.number else str(each)

    def where(self, each: int) -> str:
        """Words for errors and progress."""
        which = f", repeat {self.number + 1} of {self.of}" if self.of > 1 else ""
        return f"fold {each + 1} of {self.n_folds}{which}"

    def kept(self, each: int) -> dict[str, np.ndarray] | None:
        """The arrays of a fold, where they are on disk: `rows` and their `logits`, `extra_rows` and their
        `extra_logits`."""
        return kept(self._path(each), self._key(each))

    def fit(self, each: int) -> dict[str, np.ndarray]:
        """The arrays of a fold: those on disk, else of a model that is trained now."""
        arrays = self.kept(each)
        if arrays is None:
            arrays = self._trained(each)
            keep(self._path(each), self._key(each), arrays)
            drop_checkpoints(self.trainings.folder, self.name(each))
        return arrays

    def _trained(self, each: int) -> dict[str, np.ndarray]:
        trainings, extra, where = self.trainings, self.extra, self.where(each)
        planted = np.flatnonzero(extra.planted_in == each) if extra is not None else np.zeros(0, dtype=np.int64)
        learned = np.flatnonzero(trainings.trainable & (self.fold != each) & (self.fold >= 0))
        key = self._key(each)
        _model, network = trainings.run(self.name(each), where, learned, key=key, extra=extra, planted=planted)
        rows = np.flatnonzero(trainings.cached_inputs.is_good & (self.fold == each))
        arrays = {"rows": rows, "logits": trainings.ask(network, where, rows)[0]}
        arrays["extra_rows"] = np.zeros(0, dtype=np.int64)
        arrays["extra_logits"] = np.zeros((0, trainings.width), dtype=np.float32)
        if extra is not None:
            arrays["extra_rows"] = np.flatnonzero(self.fold[extra.source] == each)
            arrays["extra_logits"] = trainings.ask(network, where, arrays["extra_rows"], extra.values)[0]
        return arrays

    def _path(self, each: int) -> Path:
        return self.trainings.folder / FOLDER / f"fold_{self.name(each)}.npz"

    def _key(self, each: int) -> str:
        facts = {"fold": digest(self.fold), "extra": self.extra.digest() if self.extra is not None else None}
        return self.trainings.key(training=f"{each} of {self.n_folds}", **facts)


def repeats_of(
    trainings: Trainings, *, fold: np.ndarray, n_folds: int, extra: Extra | None, repeats: int
) -> list[Repeat]:
    """All repeats, each with the next seed. Raises DataError for an extra example that its own model would judge."""
    planted = extra.checked(fold) if extra is not None and len(extra) else None
    seeds = [replace(trainings, seed=trainings.seed + number) for number in range(repeats)]
    return [Repeat(each, number, repeats, fold, n_folds, planted) for number, each in enumerate(seeds)]


def missing(repeats: Sequence[Repeat]) -> list[tuple[int, int]]:
    """Repeat and fold of every training that is not on disk."""
    return [(one.number, each) for one in repeats for each in range(one.n_folds) if one.kept(each) is None]


def digest(values: np.ndarray) -> str:
    """A digest of an array."""
    return hashlib.sha256(f"{values.dtype}".encode() + np.ascontiguousarray(values).tobytes()).hexdigest()
