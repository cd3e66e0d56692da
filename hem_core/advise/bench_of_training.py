"""The user's train function at work on the trials of a run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from hem_core.advise.bench import Bench, folds_of, held_out, second_classes, task_of
from hem_core.advise.trial_plan import FOLDER
from hem_core.advise.trial_rows import TrialRows
from hem_core.dynamics.recorder import Recorder
from hem_core.engine.network import Network, choose_device
from hem_core.folds.training import Trainings, named, seeded
from hem_core.models import train_function
from hem_core.models.train_function import TrainFunction
from hem_core.retrain.arms.arm_set import ArmSet
from hem_core.retrain.source import Source, train_source
from hem_core.runs.options import Options
from hem_core.runs.prepare import placed
from hem_core.tasks import Task, answers_of, is_known, output_names, training_arguments

if TYPE_CHECKING:
    from hem_core.store.run import Run


def bench_of_training(run: Run, train: str, *, data: str | None, device: str | None) -> Bench:
    """Trainings of the function on the data that the run was made from.

    Raises DataError when the data are gone or are others; ModelError for a function that cannot be imported.
    """
    task = task_of(run)
    function = train_function.load(train, answers=answers_of(task))
    source = train_source(run, data, run.folder / FOLDER)
    place = np.array([source.row_of[id] for id in run.table(["id"])["id"].tolist()], np.int64)
    usable = source.cached_inputs.is_good[place] & is_known(source.targets[place])
    targets = np.where(usable, source.targets[place], -1)
    seed = int(run.info.get("parameters", {}).get("seed") or 0)
    each = _Training(run, task, function, source, place, device)
    return Bench(
        run,
        f"'{function.name}'",
        False,
        False,
        each.errors,
        targets,
        folds_of(run, targets, seed),
        (targets >= 0) & ~held_out(run),
        second_classes(run, targets),
        {"train": function.fingerprint},
        function.name,
    )


class _Training:
    """The function with what every training of it gets."""

    def __init__(
        self,
        run: Run,
        task: Task,
        function: TrainFunction,
        source: Source,
        place: np.ndarray,
        device: str | None,
    ) -> None:
        self._run, self._task, self._function, self._source = run, task, function, source
        self._place, self._device = place, device

    def errors(self, trial: TrialRows, tested: np.ndarray, seed: int, where: str) -> np.ndarray:
        """Train and predict; the error (n,) of the tested rows of the run."""
        network = self._trained(trial, seed, where)
        rows = self._place[tested]
        asked = Trainings(
            self._function,
            self._run.folder / FOLDER,
            self._source.cached_inputs,
            self._source.ids,
            self._source.targets,
            self._run.classes,
            0,
            lambda _model: network,
            self._source.is_picture,
            None,
            {},
            None,
            task=self._task,
        )
        return self._task.errors(asked.ask(network, where, rows)[0], self._source.targets[rows])

    def _trained(self, trial: TrialRows, seed: int, where: str) -> Network:
        dataset = ArmSet(
            self._source, self._place[trial.rows], trial.targets, output_names(self._task, self._run.classes)
        )
        scratch = self._run.folder / FOLDER / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            with seeded(seed):
                model = self._function(
                    dataset,
                    where=where,
                    n_classes=len(self._run.classes),
                    of_task=training_arguments(self._task),
                    seed=seed,
                    weights=None if trial.weights is None else torch.from_numpy(trial.weights).float(),
                    sampler=None,
                    loss_fn=None,
                    recorder=Recorder(Path(scratch)),
                    progress=lambda _done, _total: None,
                    device=str(choose_device(self._device)),
                )
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        options = Options(task=self._task.name, device=self._device, layer="none")
        with named(where):
            return placed(model, self._source.inputs, len(self._source.ids), self._source.facts, options)[0]
