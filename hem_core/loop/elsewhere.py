"""Trainings of a loop done by several processes: each is kept on disk, where the loop finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from hem_core.engine import runners
from hem_core.engine.on_device import on_device
from hem_core.engine.runner import Runner, Work
from hem_core.errors import DataError, HemError
from hem_core.loop.arm import start, walk
from hem_core.loop.lab import Lab
from hem_core.loop.labels import opening
from hem_core.loop.pool import Pool, open_pool
from hem_core.loop.settings import Settings
from hem_core.models import train_function
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options

Item: TypeAlias = tuple[str, int]
"""An arm, or "start", and a seed."""


@dataclass(frozen=True, eq=False)
class AskedPool:
    """The pool of a loop, as another process can open it again."""

    data: Any
    train: str | TrainFunction
    workspace: Path
    options: Options
    test: Any
    test_share: float

    @property
    def function(self) -> TrainFunction:
        """The train function."""
        return train_function.load(self.train)

    def open(self) -> Pool:
        """The pool. Raises what `open_pool` raises."""
        place = self.workspace / "loops" / ".pool"
        return open_pool(self.data, self.function, place, self.options, test=self.test, share=self.test_share)


def runner_for(options: Options, settings: Settings) -> Runner:
    """The runner that the options name. Raises HemError for one that cannot run here or does not spread trainings, and
    for a budget beside one that does."""
    runner = runners.start_spreading(options.runner)
    if runner.has_others and settings.budget is not None:
        raise HemError(f"--budget counts one training after the other; leave it out with --runner {options.runner}")
    return runner


def train_elsewhere(runner: Runner, asked: AskedPool, lab: Lab) -> None:
    """Train what the loop wants in other processes, where the runner has some.

    The starts and the models of all data go first, since the rounds begin with the starts; rounds follow each other in
    one process. Loops that wait for people's answers between rounds are left to this process.
    """
    settings = lab.settings
    if not runner.has_others or settings.by_person or lab.n_on_disk() >= settings.n_trainings:
        return
    make = partial(_walking, asked, lab.folder, settings, lab.pool.key)
    starts = ["start", *(["all"] if "all" in settings.arms else [])]
    for arms in (starts, [arm for arm in settings.arms if arm != "all"]):
        items = [(arm, seed) for seed in settings.seed_list for arm in arms]
        runner.spread(Work(items, make, lambda _item: _report(lab)))


def _report(lab: Lab) -> None:
    lab.report_progress("trainings", lab.n_on_disk(), lab.settings.n_trainings)


def _walking(asked: AskedPool, folder: Path, settings: Settings, key: str) -> Callable[[Item], None]:
    """What runs the rounds of an arm, in another process. Raises DataError where it sees other data."""
    pool = asked.open()
    if pool.key != key:
        raise DataError(
            "the processes of this loop see different data: each must see the same files under the same paths"
        )
    pool, labels = opening(folder, asked.workspace, pool)
    lab = Lab(folder, asked.workspace, pool, asked.function, settings, labels, lambda _stage, _done, _total: None)

    def walked(item: Item) -> None:
        with on_device(pool.options.device):
            start(lab, item[1]) if item[0] == "start" else walk(lab, *item)

    return walked
