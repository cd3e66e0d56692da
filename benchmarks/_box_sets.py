"""Data for training small detectors, and for testing them: scenes of digits, drawn in memory, and BCCD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from demo_models.scenes.canvas import Scene, drawn
from demo_models.scenes.planted import plant
from hem_core.boxes import formats
from hem_core.boxes.arrays import GivenBoxes, given_boxes

Objects = list[tuple[int, np.ndarray]]
RARE = (7, 8, 9)
"""Digits that are rare where scenes have a long tail."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """N images with their boxes, as a train function gets them."""

    images: list[Tensor]
    """(3, H, W) float32 in 0 .. 1."""
    objects: list[Objects]
    """Label from 0 on and box (4,) left, top, right, bottom in px."""
    n_classes: int
    """Without background."""

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Any]]:
        own = self.objects[index]
        boxes = torch.tensor(np.array([box for _label, box in own]).reshape(-1, 4), dtype=torch.float32)
        labels = torch.tensor([label + 1 for label, _box in own], dtype=torch.int64)
        target = {"boxes": boxes, "labels": labels, "iscrowd": torch.zeros_like(labels), "image_id": index}
        return self.images[index], target

    def given(self) -> GivenBoxes:
        """All boxes, for average precision."""
        rows = [(image, label, box) for image, own in enumerate(self.objects) for label, box in own]
        images, labels, boxes = zip(*rows, strict=True)
        return given_boxes(images, labels, np.array(boxes))

    def take(self, which: Sequence[int]) -> Boxes:
        """Some of the images."""
        return Boxes([self.images[at] for at in which], [self.objects[at] for at in which], self.n_classes)


def scenes(n: int, n_test: int, seed: int, *, tail: float = 1.0, wrong: float = 0.0) -> tuple[Boxes, Boxes]:
    """n scenes to train on, and n_test others with every digit equally frequent and no wrong box.

    tail: how frequent a digit of `RARE` is, compared with the others; wrong: share of the boxes that are missing, and
    as many each shifted, relabelled and spurious.
    """
    chance = np.random.default_rng(seed)
    shares = [tail if digit in RARE else 1.0 for digit in range(10)]
    train = [drawn(index, chance, shares) for index in range(n)]
    test = [drawn(index, chance) for index in range(n_test)]
    objects = plant(train, wrong, chance)[0] if wrong else [scene.objects for scene in train]
    return _of_scenes(train, objects), _of_scenes(test, [scene.objects for scene in test])


def bccd(folder: Path, n: int, n_test: int, seed: int, longest_px: int) -> tuple[Boxes, Boxes]:
    """n images to train on and n_test others, scaled down to `longest_px`."""
    read = formats.read(folder / "annotations_coco.json")
    names = read.images["file_name"].to_pylist()
    order = np.random.default_rng(seed).permutation(len(names))[: n + n_test].tolist()
    images, objects = [], []
    for at in order:
        picture = Image.open(folder / "images" / names[at]).convert("RGB")
        scale = longest_px / max(picture.size)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX)
        images.append(torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255)
        own = np.flatnonzero((read.boxes.image == at) & ~read.boxes.is_ignored)
        own = own[(read.boxes.xyxy[own, 2:] > read.boxes.xyxy[own, :2]).all(axis=1)]
        objects.append([(int(read.boxes.label[box]), read.boxes.xyxy[box] * scale) for box in own.tolist()])
    whole = Boxes(images, objects, len(read.categories))
    return whole.take(range(n)), whole.take(range(n, n + n_test))


def _of_scenes(drawn_scenes: Sequence[Scene], objects: list[Objects]) -> Boxes:
    images = [torch.from_numpy(np.array(each.picture)).float().div(255).repeat(3, 1, 1) for each in drawn_scenes]
    return Boxes(images, objects, 10)
