"""Small nets, and one way to train them all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

Log = Callable[[int, np.ndarray, torch.Tensor, torch.Tensor], None]


def cnn(width: int = 8) -> nn.Sequential:
    """Three convolutions for 28 × 28 grey pictures, half as wide as the demo's."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(2 * width, 4 * width, 3, padding=1), nn.BatchNorm2d(4 * width), nn.ReLU(),
        nn.Flatten(), nn.Linear(4 * width * 49, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip


def mlp(n_features: int, n_classes: int, width: int = 128) -> nn.Sequential:
    """One hidden layer."""
    return nn.Sequential(nn.Linear(n_features, width), nn.ReLU(), nn.Linear(width, n_classes))


def fit(
    build: Callable[[], nn.Module],
    inputs: np.ndarray,
    labels: np.ndarray,
    seed: int,
    *,
    epochs: int,
    lr: float = 0.05,
    decay: float = 5e-4,
    log: Log | None = None,
) -> nn.Module:
    """SGD with momentum .9, batches of 64, a cosine schedule; log(epoch, rows, logits, targets) hears of each batch."""
    torch.manual_seed(seed)
    model, x, y = build(), torch.from_numpy(inputs), torch.from_numpy(labels)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    chance = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x), generator=chance).split(64):
            logits = model(x[rows])
            if log is not None:
                log(epoch, rows.numpy(), logits.detach(), y[rows])
            optimizer.zero_grad()
            F.cross_entropy(logits, y[rows]).backward()
            optimizer.step()
        schedule.step()
    return model.eval()


@torch.inference_mode()
def outputs(model: nn.Module, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, K) and what the last layer reads of each example (N, D), of an nn.Sequential."""
    assert isinstance(model, nn.Sequential)
    inner = torch.cat([model[:-1](part) for part in torch.from_numpy(inputs).split(1024)])
    return model[-1](inner).numpy(), inner.numpy()
