"""The arithmetic of regression on a model's outputs: the numbers in them, and the loss vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import ModelError

KEYS = ("predictions", "prediction", "logits")


def numbers_of(output: Any) -> Tensor:
    """The predictions (N, 1) float32 in what a model returned: a tensor (N,) or (N, 1), a tuple's first, or under one
    of KEYS in a mapping or an object. Raises ModelError for anything else.
    """
    found = output
    if isinstance(output, Mapping):
        found = next((output[key] for key in KEYS if key in output), None)
    elif isinstance(output, tuple | list) and output:
        found = output[0]
    elif not isinstance(output, Tensor):
        found = next((getattr(output, key) for key in KEYS if hasattr(output, key)), None)
    if isinstance(found, Tensor) and found.ndim == 1:
        found = found[:, None]  # (N,) -> (N, 1)
    if not isinstance(found, Tensor) or found.ndim != 2:
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ModelError(f"regression expects one number for each example, (N,) or (N, 1), from the model; got {shape}")
    if found.shape[1] != 1:
        raise ModelError(f"the model gives {found.shape[1]} numbers for each example; regression scores one")
    return found.float()


def loss_vector(predicted: Tensor, targets: Tensor, loss: str, spread: float) -> Tensor:
    """The loss of each example, (N,) and (N,) -> (N,): absolute in the target's unit, squared and huber in its square.

    huber: half the square up to `spread`, linear beyond. Reference: Huber 1964, doi:10.1214/aoms/1177703732.
    """
    if loss == "squared":
        return (predicted - targets).square()
    if loss == "huber":
        return F.huber_loss(predicted, targets, reduction="none", delta=spread)
    return (predicted - targets).abs()
