"""One training of the loop, and its model's predictions for the test set and the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from hem_core.folds.training import named, seeded
from hem_core.folds.training_set import TrainingSet
from hem_core.loop.pool import Pool
from hem_core.loop.pool_sampler import EqualDraws
from hem_core.models.train_function import TrainFunction

BATCH = 256
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class PoolPredictions:
    """One model's predictions: logits (n, K) float32 and embeddings (n, D) in float16 or float32, or None."""

    logits: np.ndarray
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
    """Train on these positions (n,) of the pool; targets (N,) int64 of the whole data set, those of `rows` in [0, K).

    draws: examples an epoch for a function that takes a `sampler`, None = as many as there are. where: words for the
    errors. Global random numbers are seeded for the training and given back. Raises ModelError.
    """
    dataset = TrainingSet(pool.cached_inputs, rows, targets, pool.ids, pool.classes, is_picture=pool.is_picture)
    if len(np.unique(dataset.targets)) < 2:
        raise ModelError(
            f"{where}: its {len(rows)} examples have fewer than 2 classes; start with more examples (--start)"
        )
    is_equal = draws is not None and train.takes("sampler")
    sampler = EqualDraws(len(dataset), draws, seed=seed) if is_equal and draws is not None else None
    of_sampler: dict[str, Any] = {"sampler": sampler} if sampler is not None else {}
    with TemporaryDirectory(prefix="hem-loop-") as unused, seeded(seed):
        model = train(
            dataset,
            where=where,
            n_classes=len(pool.classes),
            seed=seed,
            weights=None,
            recorder=Recorder(Path(unused)),
            progress=progress,
            device=str(choose_device(pool.options.device)),
            **of_sampler,
        )
        with named(where):
            return pool.place(model)


@torch.inference_mode()
def predict(
    network: Network, cached_inputs: CachedInputs, rows: np.ndarray, n_classes: int, *, where: str
) -> PoolPredictions:
    """The model's predictions for these positions (n,). Raises ModelError unless the logits are K finite numbers."""
    logits, features = np.zeros((len(rows), n_classes), np.float32), []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        with named(where):
            batch, embeddings = network.forward(cached_inputs.read(part))
            if batch.shape[1] != n_classes:
                raise ModelError(f"the model has {batch.shape[1]} outputs; there are {n_classes} classes")
        logits[start : start + len(part)] = batch.float().cpu().numpy()
        if embeddings is not None:
            features.append(as_stored(embeddings).cpu().numpy())
    if not np.isfinite(logits).all():
        raise ModelError(f"{where}: the model's logits are not finite; lower the learning rate")
    return PoolPredictions(logits, np.concatenate(features) if features else None)
