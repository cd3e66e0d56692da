"""One training loop for all arms of an experiment: the rows of an epoch and the loss of a batch are what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from _hem import stacked
from torch import Tensor, nn

Loss = Callable[[nn.Module, Tensor, Tensor, Tensor, float], "Tensor | None"]
"""(model, inputs (B, …), targets (B,), rows (B,), progress in 0 .. 1) -> a scalar; None = no step for this batch."""
Rows = Callable[[int], Tensor]
"""epoch -> (n,) rows in the order of training."""


def plain(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
    """Mean cross entropy."""
    return F.cross_entropy(model(inputs), targets)


def by(loss_fn: Callable[..., Tensor]) -> Loss:
    """A loss of logits and targets, told the progress where it asks for that."""

    def loss(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
        if (tell := getattr(loss_fn, "set_progress", None)) is not None:
            tell(progress)
        return loss_fn(model(inputs), targets)

    return loss


def shuffled(n: int, seed: int) -> Rows:
    """Every row once an epoch, in an order of that epoch's own."""
    return lambda epoch: torch.randperm(n, generator=torch.Generator().manual_seed(seed * 1000 + epoch))


def train(
    build: Callable[[], nn.Module],
    inputs: np.ndarray,
    labels: np.ndarray,
    seed: int,
    *,
    epochs: int,
    loss: Loss = plain,
    rows: Rows | None = None,
    lr: float = 0.05,
    decay: float = 5e-4,
    batch_size: int = 64,
    after_epoch: Callable[[int, nn.Module], object] | None = None,
) -> nn.Module:
    """SGD with momentum .9 and a cosine schedule by the epoch; equal seeds begin with equal weights."""
    torch.manual_seed(seed)
    model, x, y = build(), torch.from_numpy(inputs), torch.from_numpy(labels)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    of_epoch = rows or shuffled(len(y), seed)
    for epoch in range(epochs):
        model.train()
        batches = of_epoch(epoch).split(batch_size)
        for step, batch in enumerate(batches):
            value = loss(model, x[batch], y[batch], batch, (epoch + step / len(batches)) / epochs)
            if value is None:
                continue
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        schedule.step()
        if after_epoch is not None:
            after_epoch(epoch, model)
    return model.eval()


def train_on(
    build: Callable[[], nn.Module],
    seed: int,
    epochs: int,
    dataset: Any,
    recorder: Any,
    *,
    weights: Tensor | None = None,
    rows: Rows | None = None,
    loss_fn: Callable[..., Tensor] | None = None,
    batch_size: int = 64,
) -> nn.Module:
    """`train` on a data set as a train function of `hem_core.score` gets it, every batch recorded.

    weights (N,) multiply the losses (B,); loss_fn instead of the cross entropy.
    """
    inputs = stacked(dataset).float().numpy()
    ids = np.array(dataset.ids, dtype=object)

    def loss(model: nn.Module, x: Tensor, y: Tensor, at: Tensor, progress: float) -> Tensor:
        logits = model(x)
        if recorder is not None:
            recorder.log(ids[at.numpy()].tolist(), logits.detach(), y, int(progress * epochs + 1e-6))
        losses = loss_fn(logits, y) if loss_fn else F.cross_entropy(logits, y, reduction="none")
        return (losses if weights is None else losses * weights[at]).mean()

    targets = np.asarray(dataset.targets)
    return train(build, inputs, targets, seed, epochs=epochs, loss=loss, rows=rows, batch_size=batch_size)


@torch.inference_mode()
def predicted(model: nn.Module, inputs: np.ndarray) -> np.ndarray:
    """The class (N,) that the model gives most."""
    was_training = model.training
    model.eval()
    found = torch.cat([model(part).argmax(dim=1) for part in torch.from_numpy(inputs).split(1024)]).numpy()
    model.train(was_training)
    return found
