"""Trainings of a retraining done by several processes: each is kept on disk, where the retraining finds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from hem_core.engine.on_device import on_device
from hem_core.engine.runner import Runner, Work
from hem_core.retrain.arms import training
from hem_core.retrain.opening import Retraining, job_of, opening, planned_material
from hem_core.retrain.settings import Settings

Item: TypeAlias = tuple[str, int]
"""An arm and a seed."""


def train_elsewhere(
    runner: Runner, opened: Retraining, settings: Settings, items: Sequence[Item], done: Callable[[Item], None]
) -> None:
    """Train arms and seeds in other processes, the controls first: other arms start from them.

    opened: planned already. done: called with each that is done. Raises ModelError, naming arm and seed.
    """
    make = partial(_training, opened.home, replace(settings, train=opened.function.sent(settings.train)))
    for is_control in (True, False):
        wave = [item for item in items if (item[0] == "control") == is_control]
        runner.spread(Work(wave, make, done))


def _training(home: Path, settings: Settings) -> Callable[[Item], None]:
    """What trains an arm with a seed, in another process."""
    here = opening(home, settings, is_helping=True)
    job = job_of(here, settings, *planned_material(here, settings, here.stored), here.stored)

    def trained(item: Item) -> None:
        if not job.is_done(*item):
            with on_device(settings.device):
                training.run(job, *item, lambda _done, _total: None)

    return trained
