"""A plain training loop that records every batch and can be killed after any epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from hem_core import Recorder


@dataclass(frozen=True)
class Fit:
    """SGD with momentum 0.9 and a cosine schedule over `epochs`; `lr` is the largest learning rate."""

    epochs: int
    lr: float = 0.05
    batch_size: int = 128
    seed: int = 0


def fit(
    model: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    ids: np.ndarray,
    how: Fit,
    recorder: Recorder,
    weights: Path,
    progress: Callable[[str, int, int], None],
) -> None:
    """Train on uint8 images (N, H, W) and labels (N,), recording each batch; the weights are written at the end.

    After each epoch a checkpoint stands beside the weights; a killed training goes on from the last one.
    """
    checkpoint = weights.with_suffix(".checkpoint")
    weights.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(how.seed)
    _initialise(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=how.lr, momentum=0.9, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, how.epochs)
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["epochs"]
    pictures, targets = torch.from_numpy(images)[:, None], torch.from_numpy(labels)  # (N, H, W) -> (N, 1, H, W)
    for epoch in range(first, how.epochs):
        model.train()
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(how.seed * 1000 + epoch))
        with recorder.epoch(epoch):
            for start in range(0, len(order), how.batch_size):
                index = order[start : start + how.batch_size]
                logits = model(pictures[index].float() / 255)
                recorder.log(ids[index.numpy()], logits, targets[index])
                optimizer.zero_grad()
                F.cross_entropy(logits, targets[index]).backward()
                optimizer.step()
                progress("train", epoch * len(order) + start + len(index), how.epochs * len(order))
        schedule.step()
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state | {"epochs": epoch + 1}, checkpoint.with_suffix(".partial"))
        checkpoint.with_suffix(".partial").replace(checkpoint)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, weights.with_suffix(".partial"))
    weights.with_suffix(".partial").replace(weights)
    checkpoint.unlink(missing_ok=True)


@torch.inference_mode()
def accuracy(model: nn.Module, weights: Path, images: np.ndarray, labels: np.ndarray) -> float:
    """Share of the uint8 images (N, H, W) that the trained model gets right."""
    model.load_state_dict(load_file(weights))
    model.eval()
    batches = torch.from_numpy(images.copy())[:, None].split(1000)
    predicted = torch.cat([model(batch.float() / 255).argmax(dim=1) for batch in batches])
    return float((predicted.numpy() == labels).mean())


def _initialise(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            module.reset_parameters()
