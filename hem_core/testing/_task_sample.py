from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core import tasks
from hem_core.tasks import BringsSample, ModelFacts, TargetOptions, Task
from hem_core.types import Outputs

if TYPE_CHECKING:
    from torch import Tensor

NAMES, NUMBERS = ("ant", "bee", "cat"), ("1.5", "20.0", "-3.0")
COPIES = 4
FACTS: dict[str, Any] = {"labels_are": "names", "source": "labels", "classes": None}
"""Of a catalog whose labels are texts."""


@dataclass(frozen=True, eq=False)
class Sample:
    """n examples of a task with random outputs of a model."""

    task: Task
    classes: tuple[str, ...]
    ids: list[str]
    targets: np.ndarray
    raw: Tensor

    @cached_property
    def fields(self) -> dict[str, Tensor]:
        import torch

        return self.task.fields(self.raw, torch.from_numpy(self.targets))

    @cached_property
    def described(self) -> dict[str, np.ndarray]:
        """The columns of `describe`."""
        found = self.task.describe(self.raw, Outputs(ids=self.ids, **self.fields))
        return {column: values.numpy() for column, values in found.items()}

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """What a pass gives: the target and the loss, and the columns of `describe`."""
        return {"target": self.targets, "loss": self.fields["loss"].numpy(), **self.described}


def sample_of(name: str, labels: Sequence[str], n: int = 7) -> Sample:
    """The first n examples of `catalog_of`, with the outputs of a model that knows nothing."""
    import torch

    task = tasks.load(name)
    catalog = catalog_of(task, labels)
    read = task.read_targets(catalog, facts_of(task), ModelFacts(), TargetOptions())
    task = read.task or task
    output = torch.randn(n, task.width(read.classes), generator=torch.Generator().manual_seed(0))
    return Sample(task, read.classes, catalog["id"].to_pylist()[:n], read.values[:n], task.raw(output))


def catalog_of(task: Task, labels: Sequence[str]) -> pa.Table:
    """Each label in four rows, in turn, and a last row without one; or what the task brings itself."""
    if isinstance(task, BringsSample):
        return task.sample()[0]
    texts = list(labels or (NAMES if "classes" in task.offers else NUMBERS)) * COPIES
    ids = [f"example-{row}" for row in range(len(texts) + 1)]
    return pa.table({"id": ids, "label": pa.array([*texts, None], pa.string())})


def facts_of(task: Task) -> dict[str, Any]:
    """The facts of `catalog_of`."""
    return FACTS | (dict(task.sample()[1]) if isinstance(task, BringsSample) else {})
