"""The trials of a run as they are stored in its folder; reading them needs no torch.

On disk: advise/trials.json says what was trained; advise/<fold>_<trial>.npz holds one training each: `rows`, positions
among the run's examples, whether each is in `error`, and `n`, how many examples it was trained on.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hem_core.store.run import Run

FOLDER = "advise"
FORMAT_VERSION = 1


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

    @property
    def n_tested(self) -> int:
        return int((self.fold >= 0).sum())


def read(run: Run) -> Trials | None:
    """The finished trainings of a run, of the folds that have all sizes; None where there are none."""
    info = _info(run)
    if info is None:
        return None
    parts, key = list(info["parts"]), info["key"]
    found = {fold: [arrays_of(place(run, fold, part), key) for part in parts] for fold in info["folds"]}
    whole = {fold: each for fold, each in found.items() if all(one is not None for one in each)}
    if not whole:
        return None
    error, fold_of = np.full((len(parts), run.n), np.nan), np.full(run.n, -1)
    sizes = np.zeros(len(parts))
    for fold, each in whole.items():
        for at, arrays in enumerate(each):
            assert arrays is not None
            error[at, arrays["rows"]], fold_of[arrays["rows"]] = arrays["error"], fold
            sizes[at] += arrays["n"] / len(whole)
    changed = {name: _changed(run, name, list(whole), key) for name in info.get("changes", ())}
    facts = info["of"], info["is_stand_in"], info["is_memorised"]
    known = {name: values for name, values in changed.items() if values is not None}
    return Trials(*facts, sizes, error, fold_of, info["n_training"], known)


def place(run: Run, fold: int, trial: str) -> Path:
    """Where a training of a fold is stored."""
    return run.folder / FOLDER / f"{fold}_{trial}.npz"


def arrays_of(path: Path, key: str) -> dict[str, np.ndarray] | None:
    """What a finished training stored under this key; None for one that is not done, or another."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored) if str(stored["key"]) == key else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _changed(run: Run, name: str, folds: list[int], key: str) -> np.ndarray | None:
    """(N,) the error with a change, of the folds that have it; None where none has."""
    error = np.full(run.n, np.nan)
    for fold in folds:
        arrays = arrays_of(place(run, fold, name), key)
        if arrays is not None:
            error[arrays["rows"]] = arrays["error"]
    return error if np.isfinite(error).any() else None


def _info(run: Run) -> dict[str, Any] | None:
    try:
        info = json.loads((run.folder / FOLDER / "trials.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(info, dict) and info.get("format_version") == FORMAT_VERSION
    return info if is_ours and info.get("run") == run.fingerprint else None
