"""One training loop for all arms of an experiment: the rows of an epoch and the loss of a batch are what differs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Loss = Callable[[nn.Module, Tensor, Tensor, Tensor, float], "Tensor | None"]
"""(model, inputs (B, …), targets (B,), rows (B,), progress in 0 .. 1) -> a scalar; None = no step for this batch."""
Rows = Callable[[int], Tensor]
"""epoch -> (n,) rows in the order of training."""


def plain(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
    """Mean cross entropy."""
    return F.cross_entropy(model(inputs), targets)


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


@torch.inference_mode()
def predicted(model: nn.Module, inputs: np.ndarray) -> np.ndarray:
    """The class (N,) that the model gives most."""
    was_training = model.training
    model.eval()
    found = torch.cat([model(part).argmax(dim=1) for part in torch.from_numpy(inputs).split(1024)]).numpy()
    model.train(was_training)
    return found
