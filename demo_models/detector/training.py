"""Training: the same seed, data and number of threads give the same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from demo_models import _checkpoint
from demo_models.detector.loss import loss_of
from demo_models.detector.net import STRIDE, Detector, scaled_to
from demo_models.detector.peaks import box_maps
from demo_models.detector.targets import Maps, stacked, target_maps

EPOCHS = 12
BATCH = 8
LR = 4e-3

Loss = Callable[[list[int], Tensor, Tensor, Maps], Tensor]
"""(images of the batch, raw heat (n, K, h, w), boxes (n, 4, h, w) in px, what they should be) -> a scalar."""


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
        images, wanted = prepared(dataset, model)
        n_steps = epochs * len(batches(images, torch.randperm(len(images)).tolist()))
        state = Fitting.of(model, n_steps)
        n_finished = _checkpoint.resumed(state.parts, checkpoint)
        loss, done = partial(plain_loss, weights=weights), n_finished * len(images)
        for epoch in range(n_finished, epochs):
            order = torch.randperm(len(images)).tolist()
            for index in state.steps(images, wanted, [order], loss):
                done += len(index)
                if progress is not None:
                    progress(done, epochs * len(images))
            if checkpoint is not None:
                _checkpoint.write(state.parts, epoch + 1, checkpoint)
    return model.eval()


@dataclass(frozen=True)
class Fitting:
    """A model that is being trained, and what its training remembers from step to step."""

    model: Detector
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    @classmethod
    def of(cls, model: Detector, n_steps: int) -> Fitting:
        """A training that has not begun, of n_steps batches."""
        optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=max(2, n_steps + 1), pct_start=0.2)
        return cls(model, optimizer, schedule)

    @property
    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}

    def steps(
        self, images: Sequence[Tensor], wanted: Sequence[Maps], orders: Iterable[Iterable[int]], loss: Loss
    ) -> Iterator[list[int]]:
        """Train on the batches of each order; yields the images of each batch after its step."""
        for index in (index for order in orders for index in batches(images, order)):
            heat, sides = self.model.maps(torch.stack([images[at] for at in index]))
            value = loss(index, heat, box_maps(sides, STRIDE), stacked([wanted[at] for at in index]))
            self.optimizer.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
            self.optimizer.step()
            self.schedule.step()
            yield index


def fit(
    model: Detector,
    images: Sequence[Tensor],
    wanted: Sequence[Maps],
    orders: Iterable[Iterable[int]],
    loss: Loss,
    n_steps: int,
) -> Iterator[list[int]]:
    """Train the model on prepared images for n_steps batches; yields the images of each batch after its step.

    orders: the images of each epoch in the order of training, such as a sampler of `hem_core.mining`.
    """
    return islice(Fitting.of(model, n_steps).steps(images, wanted, orders, loss), n_steps)


def plain_loss(
    index: Sequence[int], heat: Tensor, boxes: Tensor, wanted: Maps, weights: Tensor | None = None
) -> Tensor:
    """The mean over the objects of a batch; weights (N,) of all images."""
    return loss_of(heat, boxes, wanted, None if weights is None else weights[list(index)])


def prepared(dataset: Boxes, model: Detector) -> tuple[list[Tensor], list[Maps]]:
    """All images as the network sees them, and what their maps should be."""
    images, wanted = [], []
    for at in range(len(dataset)):
        image, target = dataset[at]
        scaled, scale = scaled_to(image, model.longest_px)
        size = (scaled.shape[-2] // STRIDE, scaled.shape[-1] // STRIDE)
        images.append(scaled)
        wanted.append(target_maps(target, scale, model.num_classes - 1, size, STRIDE))
    return images, wanted


def batches(images: Sequence[Tensor], order: Iterable[int]) -> list[list[int]]:
    """The images of an order in batches of one size each, in random order."""
    by_size: dict[tuple[int, ...], list[int]] = {}
    for at in order:
        by_size.setdefault(tuple(images[at].shape), []).append(at)
    made = [some[start : start + BATCH] for some in by_size.values() for start in range(0, len(some), BATCH)]
    return [made[at] for at in torch.randperm(len(made)).tolist()]
