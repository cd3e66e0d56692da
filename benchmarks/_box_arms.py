"""Ways to mine while the demo detector trains: what makes the orders of the epochs and the loss of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from _box_sets import Boxes
from torch import Tensor

from demo_models.detector.loss import cell_losses
from demo_models.detector.targets import Maps
from demo_models.detector.training import Loss, plain_loss
from hem_core import mining

Made = tuple[Iterable[Sequence[int]], Loss]
PER_IMAGE = {"cls": 16, "all": 16, "loc": 3}
"""Regions that RoiOhem keeps of an image: objects and background, or the worst located objects."""
THRESHOLD = 0.5
"""Of the repeat factors: classes in fewer than half of the images are repeated."""


def uniform(train: Boxes, epochs: int, seed: int) -> Made:
    """Every image once an epoch, every cell counts."""
    return _permutations(len(train), seed), plain_loss


def twice(train: Boxes, epochs: int, seed: int) -> Made:
    """Nothing is mined and localisation counts twice: the worst objects of `RoiOhem` by `loc` weigh it more, too."""

    def loss(index: list[int], heat: Tensor, boxes: Tensor, wanted: Maps) -> Tensor:
        cls, loc = cell_losses(heat, boxes, wanted)
        return (cls + 2 * loc).sum() / wanted.n_objects

    return _permutations(len(train), seed), loss


def boxes_by(component: str) -> Callable[[Boxes, int, int], Made]:
    """RoiOhem: the mined loss counts on the regions that it keeps, the other one everywhere."""

    def make(train: Boxes, epochs: int, seed: int) -> Made:
        ohem = mining.RoiOhem(PER_IMAGE[component], component=component)

        def loss(index: list[int], heat: Tensor, boxes: Tensor, wanted: Maps) -> Tensor:
            cls, loc = cell_losses(heat, boxes, wanted)
            rows = ohem(
                boxes.detach().permute(0, 2, 3, 1).reshape(-1, 4), cls.flatten(), loc.flatten(),
                image=_image_of(cls), of_object=wanted.of_object.flatten(),
            )  # fmt: skip
            is_kept = torch.zeros(cls.numel())
            is_kept[rows] = 1
            is_kept = is_kept.reshape(cls.shape)
            is_centre = (wanted.heat == 1).any(dim=1)
            n_kept = (is_centre * is_kept).sum().clamp(min=1)  # objects
            whole = wanted.n_objects
            of_cls = cls.sum() / whole if component == "loc" else (cls * is_kept).sum() / n_kept
            return of_cls + (loc.sum() / whole if component == "cls" else (loc * is_kept).sum() / n_kept)

        return _permutations(len(train), seed), loss

    return make


def hard_negatives(train: Boxes, epochs: int, seed: int) -> Made:
    """SSD's: classification on the cells of objects and three times as many of the background."""

    def loss(index: list[int], heat: Tensor, boxes: Tensor, wanted: Maps) -> Tensor:
        cls, loc = cell_losses(heat, boxes, wanted)
        is_object = (wanted.of_object >= 0).flatten(1)
        is_kept = is_object | mining.ssd_hard_negatives(cls.flatten(1), is_object, ratio=3)
        return ((cls.flatten(1) * is_kept).sum() + loc.sum()) / wanted.n_objects

    return _permutations(len(train), seed), loss


def images_by(component: Any, *, is_weighted: bool) -> Callable[[Boxes, int, int], Made]:
    """HardnessSampler by the mean of the three worst objects or regions; is_weighted: `reduce`, else the plain mean."""

    def make(train: Boxes, epochs: int, seed: int) -> Made:
        history = mining.LossHistory(len(train))
        sampler = mining.HardnessSampler(history, epochs=epochs, seed=seed)

        def loss(index: list[int], heat: Tensor, boxes: Tensor, wanted: Maps) -> Tensor:
            cls, loc = cell_losses(heat, boxes, wanted)
            rows = torch.tensor(index)
            hardness = mining.image_losses(
                cls.flatten(), loc.flatten(), None, _image_of(cls), len(index),
                component=component, of_object=wanted.of_object.flatten(),
            )  # fmt: skip
            history.update(rows, hardness)
            losses = (cls + loc).sum(dim=(1, 2)) * (len(index) / wanted.n_objects)
            return sampler.reduce(losses, rows) if is_weighted else losses.mean()

        return _epochs_of(sampler), loss

    return make


def repeated(train: Boxes, epochs: int, seed: int) -> Made:
    """Repeat factors over the classes of the boxes of each image."""
    classes = [{label for label, _box in own} for own in train.objects]
    return _epochs_of(mining.RepeatFactorSampler(classes, threshold=THRESHOLD, seed=seed)), plain_loss


ARMS: dict[str, Callable[[Boxes, int, int], Made]] = {
    "uniform": uniform,
    "uniform, localisation × 2": twice,
    "boxes: RoiOhem by cls": boxes_by("cls"),
    "boxes: RoiOhem by loc": boxes_by("loc"),
    "boxes: RoiOhem by all": boxes_by("all"),
    "boxes: ssd_hard_negatives": hard_negatives,
    **{
        f"images: HardnessSampler by {component}{words}": images_by(component, is_weighted=is_weighted)
        for is_weighted, words in ((True, ""), (False, ", unweighted"))
        for component in ("cls", "loc", "all")
    },
    "images: repeat factors": repeated,
}


def _permutations(n: int, seed: int) -> Iterator[list[int]]:
    """The orders in which the samplers draw while nothing is mined."""
    return _epochs_of(mining.HardnessSampler(mining.LossHistory(n), uniform_mix=1, seed=seed))


def _epochs_of(sampler: Iterable[int]) -> Iterator[list[int]]:
    while True:
        yield list(sampler)


def _image_of(cls: Tensor) -> Tensor:
    """(n h w,) the place in the batch that each cell of (n, h, w) belongs to."""
    return torch.arange(len(cls)).repeat_interleave(cls[0].numel())
