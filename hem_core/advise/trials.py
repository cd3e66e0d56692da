"""The trials of a run as they are stored in its folder; reading them needs no torch.

On disk: advise/trials.json is the plan, see `trial_plan`; advise/<key>_<fold>_<trial>.npz, with the first 8 characters
of its key, holds one training each: `rows`, positions among the run's examples, whether each is wrong in `error`, and
`n`, how many examples it was trained on.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise.trial_plan import FOLDER, planned

if TYPE_CHECKING:
    from hem_core.store.run import Run


@dataclass(frozen=True, eq=False)
class Trials:
    """S sizes of training sets, each tested in the same F folds, on N examples."""

    of: str
    """What was trained, in words."""
    is_stand_in: bool
    is_memorised: bool
    """Whether the embeddings of a stand-in may be of a model that was trained on these examples."""
    sizes: np.ndarray
    """(S,) examples in a training, ascending; the mean over the folds."""
    error: np.ndarray
    """(S, N) 1 wrong, 0 right; NaN where an example was not tested."""
    fold: np.ndarray
    """(N,) the fold that each example was tested in; -1 for none."""
    n_training: int
    """How many examples a training on all of the data has."""
    changed: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Change -> (N,) the error of trainings on all examples with it; NaN where an example was not tested."""

    n_planned: int = 0
    """How many folds are to be measured."""
    is_complete: bool = True
    """Whether every planned training is done; if not, the same measurement resumes."""

    @property
    def n_folds(self) -> int:
        return len(np.unique(self.fold[self.fold >= 0]))

    @property
    def n_tested(self) -> int:
        return int((self.fold >= 0).sum())

    @cached_property
    def chance_of_trainings(self) -> float:
        """The variance of the error from training to training on the same examples; 0 for a single fold.

        How much the difference between two trainings varies from fold to fold, beyond what their examples explain,
        halved, and pooled over neighbouring sizes and over the changes.
        """
        pairs = [(self.error[at], self.error[at + 1]) for at in range(len(self.sizes) - 1)]
        pairs += [(self.error[-1], changed) for changed in self.changed.values()]
        found = [_extra_variance(one - other, self.fold) for one, other in pairs]
        known = [each for each in found if each is not None]
        return max(0.0, float(np.mean(known)) / 2) if known else 0.0


def read(run: Run) -> Trials | None:
    """The finished trainings of a run, of the folds that have all sizes; None where there are none."""
    plan = planned(run)
    if plan is None:
        return None
    wanted = dict.fromkeys(plan.parts, plan.folds) | plan.changes
    done = {(fold, trial): arrays_of(place(run, plan.key, fold, trial), plan.key)
            for trial, folds in wanted.items() for fold in folds}  # fmt: skip
    whole = [fold for fold in plan.folds if all(done[fold, part] is not None for part in plan.parts)]
    if not whole:
        return None
    error, fold_of = np.full((len(plan.parts), run.n), np.nan), np.full(run.n, -1)
    sizes = np.zeros(len(plan.parts))
    for fold in whole:
        for at, part in enumerate(plan.parts):
            arrays: Any = done[fold, part]
            error[at, arrays["rows"]], fold_of[arrays["rows"]] = arrays["error"], fold
            sizes[at] += arrays["n"] / len(whole)
    changed = {name: _changed([done.get((fold, name)) for fold in whole], run.n) for name in plan.changes}
    known = {name: values for name, values in changed.items() if np.isfinite(values).any()}
    is_complete = all(arrays is not None for arrays in done.values())
    facts = plan.of, plan.is_stand_in, plan.is_memorised
    return Trials(*facts, sizes, error, fold_of, plan.n_training, known, len(plan.folds), is_complete)


def place(run: Run, key: str, fold: int, trial: str) -> Path:
    """Where a training of a fold is stored."""
    return run.folder / FOLDER / f"{key[:8]}_{fold}_{trial}.npz"


def arrays_of(path: Path, key: str) -> dict[str, np.ndarray] | None:
    """What a finished training stored under this key; None for one that is not done, or another."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored) if str(stored["key"]) == key else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _changed(folds: Iterable[dict[str, np.ndarray] | None], n: int) -> np.ndarray:
    """(N,) the error with a change, of those of the folds that have it; NaN elsewhere."""
    error = np.full(n, np.nan)
    for arrays in folds:
        if arrays is not None:
            error[arrays["rows"]] = arrays["error"]
    return error


def _extra_variance(difference: np.ndarray, fold: np.ndarray) -> float | None:
    """The variance of the folds' means of a difference (N,) beyond that of a mean; None for a single fold."""
    parts = [difference[(fold == each) & np.isfinite(difference)] for each in np.unique(fold[fold >= 0])]
    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return None
    of_examples = np.mean([part.var() / len(part) for part in parts])
    return float(np.var([part.mean() for part in parts], ddof=1) - of_examples)
