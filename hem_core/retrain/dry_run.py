"""What a retraining would do and how long it would take, without training or writing into the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hem_core.retrain.opening import Retraining, job_of, opening, planned_material
from hem_core.retrain.settings import Settings
from hem_core.retrain.stored import Stored
from hem_core.retrain.timings import seconds_of_a_training


@dataclass(frozen=True)
class DryRun:
    """The planned trainings."""

    name: str
    arms: dict[str, int]
    """Arm -> how many trainings of its own it needs; an arm that is the control's training needs none."""
    n_trainings: int
    n_done: int
    seconds_each: float | None
    """What one training takes; None where none was ever timed."""
    timed_by: str
    """In words, the training that this is based on."""
    plan: dict[str, Any]
    """As plan.json will have it."""

    @property
    def seconds_left(self) -> float | None:
        """Seconds for the remaining trainings."""
        return None if self.seconds_each is None else self.seconds_each * (self.n_trainings - self.n_done)

    def lines(self) -> list[str]:
        """The arms, one per line."""
        return [f"{arm}: {n} trainings; {self.plan['arms_are'][arm]}" for arm, n in self.arms.items()]


def dry_run(workspace: Path | str, settings: Settings) -> DryRun:
    """Plan a retraining as `retrain` does, refusals included, and count its trainings.

    Raises HemError for what `retrain` refuses.
    """
    opened = opening(workspace, settings)
    with TemporaryDirectory(prefix="hem-dry-run-") as folder:
        scratch = Stored(Path(folder) / opened.stored.name)
        scratch.folder.mkdir()
        train, test, material = planned_material(opened, settings, scratch)
        known = opened.stored if (opened.stored.folder / "plan.json").is_file() else scratch
        job = job_of(opened, settings, train, test, material, known)
        todo = [(arm, seed) for arm in settings.ordered_arms for seed in settings.seed_list]
        own = [pair for pair in todo if job.needs_training(*pair)]
        arms = {arm: sum(pair[0] == arm for pair in own) for arm in settings.ordered_arms}
        n_done = sum(job.is_done(*pair) for pair in own)
        return DryRun(opened.stored.name, arms, len(own), n_done, *_timed(opened), known.plan)


def _timed(opened: Retraining) -> tuple[float | None, str]:
    found = seconds_of_a_training(opened.home, opened.run, opened.function.name, first=opened.stored)
    if found is not None:
        return found
    return None, "no training of this function has been timed yet: --budget 1s trains one and stops, then ask again"
