"""The train functions of the runs, importable by name as a user's are: one hidden layer, by the number of epochs."""

from __future__ import annotations

from functools import partial
from typing import Any

from _arms import train_on
from _nets import mlp
from torch import Tensor, nn

WIDTH, BATCH = 128, 128
"""Hidden units, and examples of a step."""


def epochs_1(dataset: Any, *, seed: int, weights: Tensor | None = None, recorder: Any = None) -> nn.Module:
    """One epoch."""
    return _trained(1, dataset, seed, weights, recorder)


def epochs_2(dataset: Any, *, seed: int, weights: Tensor | None = None, recorder: Any = None) -> nn.Module:
    """Two epochs."""
    return _trained(2, dataset, seed, weights, recorder)


def epochs_15(dataset: Any, *, seed: int, weights: Tensor | None = None, recorder: Any = None) -> nn.Module:
    """15 epochs."""
    return _trained(15, dataset, seed, weights, recorder)


def unrecorded_1(dataset: Any, *, seed: int, weights: Tensor | None = None) -> nn.Module:
    """The same for a learning curve, whose trainings nobody looks into."""
    return _trained(1, dataset, seed, weights, None)


def unrecorded_2(dataset: Any, *, seed: int, weights: Tensor | None = None) -> nn.Module:
    """The same with two epochs."""
    return _trained(2, dataset, seed, weights, None)


def unrecorded_15(dataset: Any, *, seed: int, weights: Tensor | None = None) -> nn.Module:
    """The same with 15."""
    return _trained(15, dataset, seed, weights, None)


def _trained(epochs: int, dataset: Any, seed: int, weights: Tensor | None, recorder: Any) -> nn.Module:
    n_features = len(dataset[0][0])
    build = partial(mlp, n_features, len(dataset.classes), WIDTH)
    return train_on(build, seed, epochs, dataset, recorder, weights=weights, batch_size=BATCH)
