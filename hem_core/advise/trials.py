"""The trials of a run as they are stored in its folder; reading them needs no torch.

On disk: advise/trials.json is the plan, see `trial_plan`; advise/<key>_<fold>_<trial>.npz, with the first 8 characters
of its key, holds one training each: `rows`, positions among the run's examples, whether each is wrong in `error`, and
`n`, how many examples it was trained on.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hem_core.advise.trial_plan import FOLDER, TrialPlan, planned

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


def read(run: Run) -> Trials | None:
    """The finished trainings of a run, of the folds that have all sizes; None where there are none."""
    plan = planned(run)
    if plan is None:
        return None
    found = {fold: [_arrays(run, plan, fold, part) for part in plan.parts] for fold in plan.folds}
    whole = {fold: [one for one in each if one is not None] for fold, each in found.items()}
    whole = {fold: each for fold, each in whole.items() if len(each) == len(plan.parts)}
    if not whole:
        return None
    error, fold_of = np.full((len(plan.parts), run.n), np.nan), np.full(run.n, -1)
    sizes = np.zeros(len(plan.parts))
    for fold, each in whole.items():
        for at, arrays in enumerate(each):
            error[at, arrays["rows"]], fold_of[arrays["rows"]] = arrays["error"], fold
            sizes[at] += arrays["n"] / len(whole)
    changed = {name: _changed(run, plan, name, whole) for name in plan.changes}
    known = {name: values for name, values in changed.items() if np.isfinite(values).any()}
    facts = plan.of, plan.is_stand_in, plan.is_memorised
    return Trials(*facts, sizes, error, fold_of, plan.n_training, known, len(plan.folds), _is_done(run, plan))


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


def _arrays(run: Run, plan: TrialPlan, fold: int, trial: str) -> dict[str, np.ndarray] | None:
    return arrays_of(place(run, plan.key, fold, trial), plan.key)


def _changed(run: Run, plan: TrialPlan, name: str, folds: Iterable[int]) -> np.ndarray:
    """(N,) the error with a change, of those of the folds that have it; NaN elsewhere."""
    error = np.full(run.n, np.nan)
    for fold in folds:
        arrays = _arrays(run, plan, fold, name)
        if arrays is not None:
            error[arrays["rows"]] = arrays["error"]
    return error


def _is_done(run: Run, plan: TrialPlan) -> bool:
    """Whether every planned training is stored."""
    wanted = [(fold, part) for fold in plan.folds for part in plan.parts]
    wanted += [(fold, name) for name, folds in plan.changes.items() for fold in folds]
    return all(_arrays(run, plan, fold, trial) is not None for fold, trial in wanted)
