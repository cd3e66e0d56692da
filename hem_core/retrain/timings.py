"""The duration of trainings, as recorded by finished ones."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hem_core.retrain import stored
from hem_core.retrain.stored import Stored
from hem_core.store.run import Run


def seconds_in(folder: Path) -> list[float]:
    """Of every finished training of a retraining that really trained."""
    found = [_seconds(path) for path in sorted(folder.glob("arms/*/seed_*.npz"))]
    return [seconds for seconds in found if seconds > 0]


def seconds_of_a_training(home: Path, run: Run, train: str, *, first: Stored) -> tuple[float, str] | None:
    """The longest of the trainings of this retraining, else of another one with this run and function, else what the
    run's own training took; and in words which of them. None where none was timed.
    """
    others = [each for each in stored.list(home) if each.name != first.name and _is_alike(each, run.name, train)]
    for each in [first, *others]:
        known = seconds_in(each.folder)
        if known:
            return max(known), f"the trainings of '{each.name}' took {_range(known)}"
    own = (run.info.get("timings") or {}).get("train")
    if own and (run.info.get("model") or {}).get("name") == train:
        return float(own), f"the training of run '{run.name}' took {own:.1f} s"
    return None


def _is_alike(found: Stored, run: str, train: str) -> bool:
    plan = found.plan
    return plan.get("run") == run and plan.get("train") == train


def _seconds(path: Path) -> float:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return float(kept["seconds"]) if "seconds" in kept else 0.0
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return 0.0


def _range(seconds: Iterable[float]) -> str:
    low, high = min(seconds), max(seconds)
    return f"{high:.1f} s" if high - low < 0.1 else f"{low:.1f} to {high:.1f} s"
