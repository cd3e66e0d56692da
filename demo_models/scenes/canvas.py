"""One scene: real digits of several sizes on a canvas with gradients, strokes and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

SIZES = ((96, 96), (112, 96), (96, 112))
"""Width and height in px."""
CLUTTER = {"calm": (1, 3, 0), "busy": (3, 6, 3), "crowded": (5, 10, 6)}
"""Name -> fewest and most digits, and how many strokes cross the canvas."""
SIDES = (16, 30)
LEAST_INK = 70
TRIES = 40
MOST_OVERLAP = 0.12


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with the true label, 0 .. 9, and box (4,) left, top, right, bottom in px of each digit."""

    name: str
    picture: Image.Image
    clutter: str
    objects: list[tuple[int, np.ndarray]]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.picture.size


def drawn(index: int, chance: np.random.Generator, shares: Sequence[float] | None = None) -> Scene:
    """The scene of a number, drawn with these random numbers. shares (10,): how frequent each digit is."""
    width, height = SIZES[int(chance.integers(len(SIZES)))]
    clutter = list(CLUTTER)[int(chance.integers(len(CLUTTER)))]
    fewest, most, n_strokes = CLUTTER[clutter]
    pixels = _background(width, height, n_strokes, chance)
    objects: list[tuple[int, np.ndarray]] = []
    for _digit in range(int(chance.integers(fewest, most + 1))):
        label, ink = _digit_of(chance, shares)
        box = free_place(ink.shape, (height, width), [other for _label, other in objects], chance)
        if box is None:
            continue
        left, top = int(box[0]), int(box[1])
        here = pixels[top : top + ink.shape[0], left : left + ink.shape[1]]
        strength = chance.uniform(0.6, 1.0)
        here[:] = here + (255 - here) * ink / 255 * strength
        objects.append((label, box))
    pixels += chance.normal(0, 6, pixels.shape)
    picture = Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))
    return Scene(f"scene-{index:04d}.png", picture, clutter, objects)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (4,)."""
    shared = np.prod(np.maximum(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0))
    return float(shared / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - shared))


def free_place(
    size: tuple[int, int],
    canvas: tuple[int, int],
    others: list[np.ndarray],
    chance: np.random.Generator,
    most: float = MOST_OVERLAP,
) -> np.ndarray | None:
    """A box (4,) of this height and width on a canvas that overlaps none of the others by more; None where none is."""
    for _try in range(TRIES):
        top, left = (int(chance.integers(0, room - side + 1)) for room, side in zip(canvas, size, strict=True))
        box = np.array([left, top, left + size[1], top + size[0]], float)
        if all(overlap(box, other) <= most for other in others):
            return box
    return None


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    pixels, target = load_digits(return_X_y=True)
    return (np.asarray(pixels).reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8), np.asarray(target, int)


def _digit_of(chance: np.random.Generator, shares: Sequence[float] | None) -> tuple[int, np.ndarray]:
    """A digit's label and its ink (h, w) in 0 .. 255, cut to where there is some."""
    images, labels = _digits()
    among = np.arange(len(images))
    if shares is not None:
        wanted = np.asarray(shares, float)
        among = np.flatnonzero(labels == chance.choice(len(wanted), p=wanted / wanted.sum()))
    which, side = int(among[chance.integers(len(among))]), int(chance.integers(SIDES[0], SIDES[1] + 1))
    large = np.asarray(Image.fromarray(images[which]).resize((side, side), Image.Resampling.BICUBIC), float)
    is_ink = large >= LEAST_INK
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    return int(labels[which]), large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _background(width: int, height: int, n_strokes: int, chance: np.random.Generator) -> np.ndarray:
    """(H, W) grey levels: a slope of light, and strokes as bright as a digit's."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    slope = chance.uniform(-40, 40, 2)
    picture = Image.fromarray((60 + slope[0] * x + slope[1] * y).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _stroke in range(n_strokes):
        start = chance.uniform(0, 1, 2) * (width, height)
        end = start + chance.uniform(-30, 30, 2)
        pen.line([*start, *end], fill=int(chance.integers(90, 200)), width=int(chance.integers(1, 4)))
    return np.asarray(picture, float).copy()
