"""The trainings of a learning curve as they are stored in the run's folder; reading them needs no torch.

On disk: advise/trials.json says what was trained; advise/<fold>_<parts>.npz holds one training each: `rows`, positions
among the run's examples, their `error`, and how many examples it was trained on.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
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
    """Whether the embeddings of a stand-in are of a model that was trained on these examples."""
    sizes: np.ndarray
    """(S,) examples in a training, ascending; the mean over the folds."""
    error: np.ndarray
    """(S, N) 1 wrong, 0 right; NaN where an example was not tested."""
    fold: np.ndarray
    """(N,) the fold that each example was tested in; -1 for none."""
    n_training: int
    """How many examples a training on all of the data has."""

    @property
    def n_tested(self) -> int:
        return int((self.fold >= 0).sum())


def read(run: Run) -> Trials | None:
    """The finished trainings of a run, of the folds that have all sizes; None where there are none."""
    info = _info(run)
    if info is None:
        return None
    parts, folds = info["parts"], info["folds"]
    found = {(fold, part): _arrays(place(run, fold, part), info["key"]) for fold in folds for part in parts}
    whole = [fold for fold in folds if all(found[fold, part] is not None for part in parts)]
    if not whole:
        return None
    error, fold_of = np.full((len(parts), run.n), np.nan), np.full(run.n, -1)
    sizes = np.zeros((len(parts), len(whole)))
    for at, part in enumerate(parts):
        for column, fold in enumerate(whole):
            arrays: Any = found[fold, part]
            error[at, arrays["rows"]], sizes[at, column] = arrays["error"], arrays["n"]
            fold_of[arrays["rows"]] = fold
    return Trials(
        info["of"], info["is_stand_in"], info["is_memorised"], sizes.mean(axis=1), error, fold_of, info["n_training"]
    )


def place(run: Run, fold: int, part: int) -> Path:
    """Where the training on 1 / `part` of a fold's training examples is stored."""
    return run.folder / FOLDER / f"{fold}_{part}.npz"


def _info(run: Run) -> dict[str, Any] | None:
    try:
        info = json.loads((run.folder / FOLDER / "trials.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(info, dict) and info.get("format_version") == FORMAT_VERSION
    return info if is_ours and info.get("run") == run.fingerprint else None


def _arrays(path: Path, key: str) -> dict[str, np.ndarray] | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored) if str(stored["key"]) == key else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
