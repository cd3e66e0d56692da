"""Training: the same seed, data and number of threads give the same weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from demo_models import _checkpoint
from demo_models.detector.loss import loss_of
from demo_models.detector.net import STRIDE, Detector, scaled_to
from demo_models.detector.peaks import boxes_of_maps
from demo_models.detector.targets import Maps, stacked, target_maps

EPOCHS = 12
BATCH = 8
LR = 4e-3


class Boxes(Protocol):
    """Items (image (3, H, W) float32 in 0 .. 1, target): `boxes`, `labels` from 1 on, `iscrowd`, `image_id`."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Any]]: ...


def train(
    dataset: Boxes,
    *,
    num_classes: int,
    seed: int = 0,
    weights: Tensor | None = None,
    progress: Callable[[int, int], None] | None = None,
    epochs: int = EPOCHS,
    longest_px: int = 224,
    checkpoint: Path | None = None,
) -> Detector:
    """A detector, trained from scratch. num_classes: background included; weights (N,) of the images' losses.

    progress is called with (images done, of how many). After each epoch the state is written to `checkpoint`, and a
    training that finds one there resumes from it. torch's own random numbers are left as they were.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Detector(num_classes, longest_px=longest_px).train()
        images, wanted = _prepared(dataset, model)
        optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=1e-3)
        n_steps = epochs * len(_batches(images))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=max(2, n_steps + 1), pct_start=0.2)
        parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
        n_finished = _checkpoint.resumed(parts, checkpoint)
        done = n_finished * len(images)
        for epoch in range(n_finished, epochs):
            for index in _batches(images):
                heat, sides = model.maps(torch.stack([images[at] for at in index]))
                boxes = torch.stack([_as_map(boxes_of_maps(one, STRIDE), one) for one in sides])
                own = weights[index] if weights is not None else None
                loss = loss_of(heat, boxes, stacked([wanted[at] for at in index]), own)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
                optimizer.step()
                schedule.step()
                done += len(index)
                if progress is not None:
                    progress(done, epochs * len(images))
            if checkpoint is not None:
                _checkpoint.write(parts, epoch + 1, checkpoint)
    return model.eval()


def _prepared(dataset: Boxes, model: Detector) -> tuple[list[Tensor], list[Maps]]:
    """All images as the network sees them, and what their maps should be."""
    images, wanted = [], []
    for at in range(len(dataset)):
        image, target = dataset[at]
        scaled, scale = scaled_to(image, model.longest_px)
        size = (scaled.shape[-2] // STRIDE, scaled.shape[-1] // STRIDE)
        images.append(scaled)
        wanted.append(target_maps(target, scale, model.num_classes - 1, size, STRIDE))
    return images, wanted


def _batches(images: Sequence[Tensor]) -> list[list[int]]:
    """The images of each size in random batches, in random order."""
    by_size: dict[tuple[int, ...], list[int]] = {}
    for at in torch.randperm(len(images)).tolist():
        by_size.setdefault(tuple(images[at].shape), []).append(at)
    batches = [some[start : start + BATCH] for some in by_size.values() for start in range(0, len(some), BATCH)]
    return [batches[at] for at in torch.randperm(len(batches)).tolist()]


def _as_map(boxes: Tensor, like: Tensor) -> Tensor:
    """(h w, 4) -> (4, h, w)."""
    return boxes.T.reshape(like.shape)
