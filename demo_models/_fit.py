"""A plain training loop that records every batch and can be killed after any epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from demo_models import _checkpoint
from demo_models._examples import Dataset
from hem_core import Recorder

Progress = Callable[[int, int], None]
LossFn = Callable[[Tensor, Tensor], Tensor]
"""loss_fn(logits (B, K), targets (B,)) -> losses (B,)."""


class EpochSampler(Protocol):
    """A sampler of example indices, such as those of `hem_core.mining`."""

    def set_epoch(self, epoch: int) -> None: ...
    def __iter__(self) -> Iterator[int]: ...


@dataclass(frozen=True)
class Fit:
    """SGD with momentum 0.9, or AdamW, and a cosine schedule over `epochs`; `lr` is the largest learning rate."""

    epochs: int
    optimizer: Literal["sgd", "adam"] = "sgd"
    lr: float = 0.05
    batch_size: int = 128
    weight_decay: float = 5e-4


def fit(
    make: Callable[[], nn.Module],
    inputs: Tensor,
    dataset: Dataset,
    how: Fit,
    seed: int = 0,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    weights: Tensor | None = None,
    checkpoint: Path | None = None,
    sampler: EpochSampler | None = None,
    loss_fn: LossFn | None = None,
) -> nn.Module:
    """Make a model and train it: on inputs (N, …) as its forward takes them and the dataset's targets, all recorded.

    weights (N,) of the examples' losses; sampler: which examples an epoch shows and in which order, by default each
    once; loss_fn: by default the cross entropy; progress is called with (examples done, of how many). After each epoch
    the state is written to `checkpoint`, and a training that finds one there resumes from it. Equal arguments give
    equal weights; torch's own random numbers are left as they were.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make()
        targets, ids = torch.as_tensor(dataset.targets), list(dataset.ids)
        optimizer = _optimizer(model, how)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, how.epochs)
        parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
        losses_of = loss_fn or nn.CrossEntropyLoss(reduction="none")
        for epoch in range(_checkpoint.resumed(parts, checkpoint), how.epochs):
            torch.manual_seed(seed * 1000 + epoch + 1)  # the same epoch, whether or not the one before ran here
            model.train()
            order, done = _order(sampler, epoch, len(ids)), epoch * len(ids)
            with recorder.epoch(epoch) if recorder else nullcontext():
                for index in order.split(how.batch_size):
                    logits = model(inputs[index])
                    if recorder:
                        recorder.log([ids[row] for row in index.tolist()], logits, targets[index])
                    loss = losses_of(logits, targets[index])
                    optimizer.zero_grad()
                    (loss if weights is None else loss * weights[index]).mean().backward()
                    optimizer.step()
                    done += len(index)
                    if progress:
                        progress(done, how.epochs * len(ids))
            schedule.step()
            if checkpoint:
                _checkpoint.write(parts, epoch + 1, checkpoint)
    return model.eval()


def _order(sampler: EpochSampler | None, epoch: int, n: int) -> Tensor:
    if sampler is None:
        return torch.randperm(n)
    sampler.set_epoch(epoch)
    return torch.tensor(list(sampler))


@torch.inference_mode()
def accuracy(model: nn.Module, inputs: Any, targets: Any) -> float:
    """Share of N inputs, pictures, texts or rows as the data hold them, that the trained model gets right."""
    model.eval()
    preprocess = getattr(model, "preprocess", torch.as_tensor)
    predicted = torch.cat([model(batch).argmax(dim=1) for batch in preprocess(inputs).split(1000)])
    return float((predicted == torch.as_tensor(targets)).float().mean())


def _optimizer(model: nn.Module, how: Fit) -> torch.optim.Optimizer:
    if how.optimizer == "adam":
        return torch.optim.AdamW(model.parameters(), lr=how.lr, weight_decay=how.weight_decay)
    return torch.optim.SGD(model.parameters(), lr=how.lr, momentum=0.9, weight_decay=how.weight_decay)
