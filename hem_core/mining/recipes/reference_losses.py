"""The losses of a fixed model on a data set."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.mining.loss_history import LossHistory
from hem_core.mining.report import UNLABELLED


def reference_losses(
    model: nn.Module, loader: Iterable[Any], n: int, loss_fn: Callable[[Tensor, Tensor], Tensor] | None = None
) -> Tensor:
    """Loss of every example under a model that is not being trained here, (N,) float32 on the CPU; higher = harder.

    loader gives (inputs, targets, index), as a DataLoader over WithIndex does; n examples there are; an example that
    never comes, or whose target is -100, is NaN, and a warning says how many. loss_fn gives (B,), cross-entropy by
    default. A scoring pass: the model is in eval() while it lasts, so running statistics of batch norms stay;
    afterwards every module is in the mode it was in, and the global random numbers are as if nothing had been drawn.
    Raises MiningError for a scalar loss, a loss that is not finite, an index outside of [0, n).

    >>> import torch
    >>> model = torch.nn.BatchNorm1d(2, affine=False, eps=0.0)      # its running mean is 0, its variance 1
    >>> inputs, targets = torch.tensor([[0.0, 0.0], [50.0, 0.0]]), torch.tensor([1, 1])
    >>> reference_losses(model, [(inputs, targets, torch.tensor([1, 0]))], n=2)
    tensor([50.0000,  0.6931])
    >>> model.training, model.running_mean.tolist()
    (True, [0.0, 0.0])

    Reference: Mindermann et al. 2022 (irreducible loss), arXiv:2206.07137.
    """
    history = LossHistory(n)
    place = next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.inference_mode(), torch.random.fork_rng(devices=[]):  # a DataLoader draws a seed for its workers
            for inputs, targets, index in loader:
                logits, targets = model(inputs.to(place)), targets.to(place)
                losses = loss_fn(logits, targets) if loss_fn else F.cross_entropy(logits, targets, reduction="none")
                counts = torch.ones_like(losses, dtype=torch.bool) if loss_fn else targets != UNLABELLED
                history.update(torch.as_tensor(index)[counts.cpu()], losses[counts] if losses.dim() else losses)
    finally:
        for module, was_training in modes.items():
            module.training = was_training
    if n_missing := int((history.counts == 0).sum()):
        warnings.warn(
            f"reference_losses saw {n - n_missing:,} of {n:,} examples; the other {n_missing:,} are NaN, and "
            "ReducibleLoss takes them last: the loader must give every example once (no drop_last, no sampler)",
            stacklevel=2,
        )
    return history.losses
