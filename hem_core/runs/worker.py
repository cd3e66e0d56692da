"""The job of a run in another process: the same data, the same model, and the proof that they are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from torch import nn

from hem_core import catalog as catalogs
from hem_core.engine.network import weights_digest
from hem_core.engine.plan import Plan, make_key
from hem_core.engine.runner import Opened
from hem_core.engine.unit import Job, Stored
from hem_core.errors import ModelError
from hem_core.models import factory, train_function
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options, implied
from hem_core.runs.prepare import Prepared, data_key, prepare
from hem_core.tasks import answers_of, load, settings_of


@dataclass(frozen=True, eq=False)
class Asked:
    """What `score` was asked for, as another process can repeat it."""

    model: Any
    data: Any
    folder: Path
    options: Options
    weights: str | Path | None = None
    train: str | Callable[..., Any] | TrainFunction | None = None

    @property
    def model_name(self) -> str:
        """What the run calls the model."""
        return self.model if isinstance(self.model, str) else type(self.model).__name__

    def module(self, task: str) -> nn.Module | None:
        """The model; None where there is none."""
        answers = answers_of(load(task))
        if isinstance(self.model, str):
            return factory.load(self.model, self.weights, answers=answers)
        return factory.as_module(self.model, self.model_name, answers=answers) if self.model is not None else None

    def function(self, task: str) -> TrainFunction | None:
        """The train function; None where there is none."""
        if self.train is None:
            return None
        return train_function.load(self.train, answers=answers_of(load(task)))

    def source(self) -> tuple[Any, pa.Table, Options]:
        """The data as a reader takes them, their catalog, and the options with the task that they name."""
        data, notes = catalogs.unwrapped(self.data, **self.options.columns)
        catalog = catalogs.read(data, **self.options.reading)
        if notes:
            catalog = catalogs.with_info(catalog, notes=[*notes, *catalogs.info(catalog).get("notes", [])])
        if self.options.name:
            catalog = catalogs.with_info(catalog, name=self.options.name)
        return data, catalog, implied(self.options, catalogs.info(catalog))


def opened(plan: Plan, ready: Prepared) -> Opened:
    """What the processes of a run must agree on."""
    return Opened(plan.key, plan.batch_size, plan.unit_size, _identity(ready))


def job_of(asked: Asked, agreed: Opened) -> Job:
    """The job of a run that another process has opened.

    Raises ModelError when the model or the data are not those of that process.
    """
    plan, ready, options, _function = repeated(asked, agreed)
    return units_of(plan, ready, None, has_grand=options.has_grand)


def repeated(asked: Asked, agreed: Opened) -> tuple[Plan, Prepared, Options, TrainFunction | None]:
    """The plan of a run that another process has opened, its model and data, options and train function.

    Raises ModelError when the model or the data are not those of that process.
    """
    data, catalog, options = asked.source()
    model, function = asked.module(options.task), asked.function(options.task)
    ready = prepare(model, asked.model_name, catalog, data, asked.folder, options, function)
    if _identity(ready) != agreed.identity:
        raise ModelError(
            "the processes of this run have different models or data: the factory must give the same weights in each "
            "(load them with --weights, or seed them), and each must see the same files under the same paths"
        )
    plan = Plan(asked.folder, len(ready.ids), agreed.unit_size, agreed.batch_size, agreed.key)
    return plan, ready, options, function


def units_of(plan: Plan, ready: Prepared, stored: Stored | None, *, has_grand: bool) -> Job:
    """All that scoring a unit needs. stored: what a model of `train` said already."""
    return Job(
        plan,
        ready.ids,
        ready.targets,
        ready.bad_labels,
        ready.network,
        ready.inputs,
        ready.predictions,
        stored,
        has_grand=has_grand,
        task=ready.task,
        embedder=ready.embedder.of_pictures if ready.embedder is not None else None,
    )


def _identity(ready: Prepared) -> str:
    model = weights_digest(ready.network.model) if ready.network is not None else ready.model_hash
    return make_key(model=model, data=data_key(ready), classes=ready.classes, settings=settings_of(ready.task))
