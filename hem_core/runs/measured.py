"""The metrics of a run as it stands: of the predictions that count, by its task; without torch, so the app asks too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hem_core.errors import UnknownNameError
from hem_core.store.level import Level
from hem_core.store.metrics import metrics_of
from hem_core.tasks import of
from hem_core.types import Metric


def measured(level: Level) -> list[Metric]:
    """The metrics of a level of a run, the headline first; [] where no row is judged.

    Where a head's predictions count instead of the model's (`store.definitions.judge`), these are of the head, and
    differ from those in run.json, which are of the model. A level without `error`, or of a task that is not
    installed here, has those of run.json; parts have none there.
    """
    try:
        task = of(level.info)
    except UnknownNameError:
        return _written(level)
    return task.metrics(_Columns(level)) if "error" in level.source.columns else _written(level)


def _written(level: Level) -> list[Metric]:
    return metrics_of(level.info) if level.is_examples else []


class _Columns(Mapping[str, Any]):
    """The columns of a level, each read on first use."""

    def __init__(self, level: Level) -> None:
        self._level = level

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._level.source.columns:
            raise KeyError(name)
        return self._level.table([name])[name].to_numpy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._level.source.columns)

    def __len__(self) -> int:
        return len(self._level.source.columns)
