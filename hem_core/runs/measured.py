"""The metrics of a run as it stands: of the predictions that count, by its task; without torch, so the app asks too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hem_core.errors import UnknownNameError
from hem_core.store.metrics import metrics_of
from hem_core.store.run import Run
from hem_core.tasks import of
from hem_core.types import Metric


def measured(run: Run) -> list[Metric]:
    """The metrics of a run, the headline first; [] where no example is judged.

    Where a head's predictions count instead of the model's (`store.definitions.judge`), these are of the head, and
    differ from those in run.json, which are of the model. A run without `error`, or of a task that is not installed
    here, has those of run.json.
    """
    try:
        task = of(run.info)
    except UnknownNameError:
        return metrics_of(run.info)
    return task.metrics(_Level(run)) if "error" in run.source.columns else metrics_of(run.info)


class _Level(Mapping[str, Any]):
    """The columns of a run, each read when it is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._run.source.columns:
            raise KeyError(name)
        return self._run.table([name])[name].to_numpy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._run.source.columns)

    def __len__(self) -> int:
        return len(self._run.source.columns)
