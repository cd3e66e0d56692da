"""The arithmetic of regression on a model's outputs: the numbers in them, and the loss vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import ModelError
from hem_core.tasks._residuals import FAR
from hem_core.tasks._several_numbers import TEMPERATURE

KEYS = ("predictions", "prediction", "logits")


def numbers_of(output: Any, n_outputs: int | None = None) -> Tensor:
    """The predictions (N, D) float32 in what a model returned: a tensor (N,) or (N, D), a tuple's first, or under one
    of KEYS in a mapping or an object. Raises ModelError for anything else.

    n_outputs: D, where it is known.
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
        raise ModelError(f"regression expects numbers for each example, (N,) or (N, D), from the model; got {shape}")
    if n_outputs is not None and found.shape[1] != n_outputs:
        raise ModelError(f"the model gives {found.shape[1]} numbers for each example; the labels have {n_outputs}")
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


def loss_of_all(predicted: Tensor, targets: Tensor, loss: str, spreads: Sequence[float]) -> Tensor:
    """The mean loss of the numbers of each example, each over its spread: (N, D) and (N, D), NaN = unknown, -> (N,)."""
    is_known, scale = ~targets.isnan(), predicted.new_tensor(list(spreads))
    wanted = torch.where(is_known, targets, predicted)
    each = loss_vector(predicted / scale, wanted / scale, loss, 1.0)  # (N, D), 0 where unknown
    return each.sum(dim=1) / is_known.sum(dim=1).clamp(min=1)


def pooled_ratio(ratios: Tensor) -> Tensor:
    """`_several_numbers.pooled` on the device of the ratios (N, D)."""
    if ratios.shape[1] == 1:
        return ratios[:, 0]
    is_known = ~ratios.isnan()
    known = ratios.nan_to_num()
    weights = ((known / (known + FAR) - 1) / TEMPERATURE).exp().where(is_known, 0)
    return (weights * known).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-30)
