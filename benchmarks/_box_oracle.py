"""Canvases without pixels, and a simulated detector: what a good, imperfect model would say of objects that are known.

Everything that the simulated detector does depends on the true objects alone, never on the annotations, as that of a
model which did not see them. Small and covered objects are found less often, with less confidence, in a worse place and
more often as another class; background, parts of objects and duplicates are predicted too.
"""

from __future__ import annotations

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, predicted_boxes
from hem_core.boxes.geometry import areas
from hem_core.boxes.overlaps import pairs_by_key

CANVAS_PX = 320
N_CLASSES = 10


def canvases(n_images: int, seed: int) -> tuple[GivenBoxes, np.ndarray]:
    """Objects of 14 to 90 px on canvases that hold 1 to 24 of them, and the sizes of the canvases (N, 2)."""
    chance = np.random.default_rng(seed)
    count = np.clip(np.round(np.exp(chance.uniform(0, 3.2, n_images))), 1, 24).astype(np.int64)
    image = np.repeat(np.arange(n_images), count)
    side = np.exp(chance.uniform(np.log(14), np.log(90), len(image)))
    size = np.stack([side, side * chance.uniform(0.7, 1.4, len(image))], axis=1)
    start = chance.uniform(0, CANVAS_PX - size)
    label = chance.integers(0, N_CLASSES, len(image))
    boxes = given_boxes(image, label, np.concatenate([start, start + size], axis=1))
    kept = covered(boxes) < 0.7
    boxes = given_boxes(image[kept], label[kept], boxes.xyxy[kept])
    return boxes, np.full((n_images, 2), float(CANVAS_PX))


def covered(boxes: GivenBoxes) -> np.ndarray:
    """(M,) in 0 .. 1: the largest share of each box that one later box of its image covers."""
    found = np.zeros(len(boxes))
    size = areas(boxes.xyxy)
    for one, other in pairs_by_key(boxes.image, boxes.image):
        later = other > one
        a, b = one[later], other[later]
        low, high = np.maximum(boxes.xyxy[a, :2], boxes.xyxy[b, :2]), np.minimum(boxes.xyxy[a, 2:], boxes.xyxy[b, 2:])
        shared = np.maximum(high - low, 0).prod(axis=1)
        np.maximum.at(found, a, shared / np.maximum(size[a], 1e-9))
    return found


def detected(truth: GivenBoxes, size_px: np.ndarray, n_classes: int, seed: int) -> PredictedBoxes:
    """The simulated detector's predictions, as described above."""
    chance = np.random.default_rng(seed + 10_000)
    side = np.sqrt(np.maximum(areas(truth.xyxy), 1.0))
    small = 1 / (1 + (side / np.median(side) / 0.45) ** 3)
    strain = np.clip(small + 0.9 * covered(truth) + chance.normal(0, 0.18, len(truth)), 0, 1)  # 0 easy .. 1 hopeless
    seen = np.flatnonzero(chance.random(len(truth)) > 0.9 * strain**1.5)
    mine = truth.take(seen)
    strain = strain[seen]
    sure = np.clip(chance.beta(9, 1.4, len(mine)) * (1 - 0.55 * strain), 0.01, 0.999)
    is_other = chance.random(len(mine)) < 0.02 + 0.12 * strain
    label = np.where(is_other, (mine.label + chance.integers(1, max(n_classes, 2), len(mine))) % n_classes, mine.label)
    sure = np.where(is_other, sure * chance.uniform(0.4, 0.95, len(mine)), sure)
    first = (mine.image, label, _shaken(mine.xyxy, 0.02 + 0.1 * strain, chance), sure)
    again = np.flatnonzero(chance.random(len(mine)) < 0.12)  # the same object once more: a duplicate or another class
    n = len(again)
    other = np.where(chance.random(n) < 0.5, mine.label[again], chance.integers(0, n_classes, n))
    weaker = sure[again] * chance.uniform(0.1, 0.7, n)
    second = (mine.image[again], other, _shaken(mine.xyxy[again], 0.12, chance), weaker)
    parts = [first, second, _stray(truth, size_px, n_classes, chance)]
    image, label, xyxy, confidence = (np.concatenate([part[at] for part in parts]) for at in range(4))
    kept = np.flatnonzero((xyxy[:, 2:] > xyxy[:, :2]).all(axis=1))
    return predicted_boxes(image[kept], label[kept], xyxy[kept], confidence[kept])


def _shaken(xyxy: np.ndarray, share: np.ndarray | float, chance: np.random.Generator) -> np.ndarray:
    side = np.tile(xyxy[:, 2:] - xyxy[:, :2], 2)
    return xyxy + chance.normal(0, 1, xyxy.shape) * side * np.broadcast_to(share, len(xyxy))[:, None]


def _stray(
    truth: GivenBoxes, size_px: np.ndarray, n_classes: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One prediction of nothing for three objects and half a one for each image, mostly of little confidence."""
    n = len(truth) // 3 + len(size_px) // 2
    image = np.where(chance.random(n) < 0.5, chance.permutation(np.resize(truth.image, n)), 0)
    image = np.where(image == 0, chance.integers(0, len(size_px), n), image)
    size = (truth.xyxy[:, 2:] - truth.xyxy[:, :2])[chance.integers(0, len(truth), n)]
    start = chance.random((n, 2)) * np.maximum(size_px[image] - size, 1)
    return image, chance.integers(0, n_classes, n), np.concatenate([start, start + size], axis=1), chance.beta(1, 5, n)
