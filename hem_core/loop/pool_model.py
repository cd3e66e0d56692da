"""One training of the loop, and its model's predictions for the test set and the pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from hem_core.dynamics.recorder import Recorder
from hem_core.engine.network import Network, choose_device
from hem_core.engine.unit import as_stored
from hem_core.errors import ModelError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.training import BATCH, OF_ANY_SIZE, named, seeded
from hem_core.folds.training_set import TrainingSet
from hem_core.loop.pool import Pool
from hem_core.loop.pool_sampler import EqualDraws
from hem_core.models.train_function import TrainFunction
from hem_core.tasks import MakesItems, Task, answers_of, keeps_sizes, output_names, training_arguments

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class PoolPredictions:
    """One model's predictions: raw outputs (n, W) float32, of classes the logits, and embeddings (n, D) in float16 or
    float32, or None."""

    raw: np.ndarray
    embeddings: np.ndarray | None


def trained(
    pool: Pool,
    train: TrainFunction,
    rows: np.ndarray,
    targets: np.ndarray,
    *,
    seed: int,
    draws: int | None,
    where: str,
    progress: Progress,
) -> Network:
    """Train on these positions (n,) of the pool; targets (N,) or (N, K) of the whole data set, those of `rows` known.

    draws: examples an epoch for a function that takes a `sampler`, None = as many as there are. where: words for the
    errors. Global random numbers are seeded for the training and given back. Raises ModelError.
    """
    task = pool.task
    names = output_names(task, pool.classes)
    dataset = TrainingSet(pool.cached_inputs, rows, targets, pool.ids, names, is_picture=pool.is_picture, task=task)
    if "classes" in task.offers and len(np.unique(dataset.targets)) < 2:
        raise ModelError(
            f"{where}: its {len(rows)} examples have fewer than 2 classes; start with more examples (--start)"
        )
    is_equal = draws is not None and train.takes("sampler")
    sampler = EqualDraws(len(dataset), draws, seed=seed) if is_equal and draws is not None else None
    of_sampler: dict[str, Any] = {"sampler": sampler} if sampler is not None else {}
    with TemporaryDirectory(prefix="hem-loop-") as unused, seeded(seed):
        model = replace(train, answers=answers_of(task))(
            dataset,
            where=where,
            n_classes=len(pool.classes),
            of_task=training_arguments(task),
            seed=seed,
            weights=None,
            recorder=Recorder(Path(unused)),
            progress=progress,
            device=str(choose_device(pool.options.device)),
            **of_sampler,
        )
        with named(where):
            if isinstance(task, MakesItems):
                task.check_trained(model)
            return pool.place(model)


@torch.inference_mode()
def predict(
    network: Network, task: Task, classes: Sequence[str], examples: tuple[CachedInputs, np.ndarray], *, where: str
) -> PoolPredictions:
    """The model's predictions for examples: inputs, and positions (n,) in them.

    Raises ModelError unless the outputs are W finite numbers that the task can read.
    """
    cached_inputs, rows = examples
    width, at_once = task.width(classes), OF_ANY_SIZE if keeps_sizes(task) else BATCH
    raw, features = np.zeros((len(rows), width), np.float32), []
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        with named(where):
            batch, embeddings = network.forward(cached_inputs.read(part))
            _check(batch, task, classes)
        raw[start : start + len(part)] = batch.float().cpu().numpy()
        if embeddings is not None:
            features.append(as_stored(embeddings).cpu().numpy())
    if not np.isfinite(raw).all():
        what = "logits" if classes else "outputs"
        raise ModelError(f"{where}: the model's {what} are not finite; lower the learning rate")
    return PoolPredictions(raw, np.concatenate(features) if features else None)


def _check(batch: torch.Tensor, task: Task, classes: Sequence[str]) -> None:
    """Raise ModelError for outputs of another width, or parts whose label is beyond the classes."""
    width = task.width(classes)
    if batch.shape[1] != width:
        wanted = f"there are {width} classes" if classes else f"wanted {width}"
        raise ModelError(f"the model has {batch.shape[1]} outputs; {wanted}")
    if isinstance(task, MakesItems):
        task.problems(batch, torch.zeros(len(batch), dtype=torch.int64))  # raises for a label beyond the classes
