"""Pictures with some labels made wrong, a clean test set, and the net that fits them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from _flipped import another
from _nets import cnn
from sklearn.datasets import load_digits
from torch import nn

from demo_models import digits, fashion_mnist


@dataclass(frozen=True, eq=False)
class Drawn:
    """N pictures to train on and T to test on."""

    images: np.ndarray
    """(N, H, W) uint8."""
    labels: np.ndarray
    """(N,) int64, as given."""
    drawn: np.ndarray
    """(N,) int64, the right ones."""
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: list[str]
    build: Callable[[], nn.Module]

    @property
    def inputs(self) -> np.ndarray:
        """(N, 1, H, W) float32 in 0 .. 1."""
        return as_inputs(self.images)

    @property
    def test_inputs(self) -> np.ndarray:
        """(T, 1, H, W) float32 in 0 .. 1."""
        return as_inputs(self.test_images)

    def write(self, path: Path) -> Path:
        """What a user would have of the N, as an .npz."""
        return write(path, self.images, self.labels, self.classes)

    def write_both(self, folder: Path) -> tuple[Path, Path]:
        """The N, and the T to test on."""
        test = write(folder / "test.npz", self.test_images, self.test_labels, self.classes)
        return self.write(folder / "train.npz"), test


def draw(data: Path, name: str, n: int, seed: int, *, wrong: float = 0.0) -> Drawn:
    """n pictures of "digits" (the rest of the 1,797 is the test set) or "garments" (10,000 of their own).

    wrong: the share of labels flipped to any other class.
    """
    chance = np.random.default_rng(seed)
    images, labels, classes, build = _digits() if name == "digits" else _garments(data)
    order = chance.permutation(len(images))
    rows, rest = order[:n], order[n:]
    drawn = labels[rows]
    given, flipped = drawn.copy(), chance.permutation(n)[: round(wrong * n)]
    given[flipped] = another(drawn[flipped], len(classes), chance)
    tested = (images[rest], labels[rest]) if name == "digits" else _held_out(data)
    return Drawn(images[rows], given, drawn, *tested, classes, build)


def tail(labels: np.ndarray, n_classes: int, largest: int, imbalance: float, seed: int) -> np.ndarray:
    """Rows of a long tail, the first of each class; which class is how frequent is drawn by the seed."""
    order, counts = np.random.default_rng(seed).permutation(n_classes), tail_counts(n_classes, largest, imbalance)
    return np.concatenate([np.flatnonzero(labels == each)[:n] for each, n in zip(order, counts, strict=True)])


def tail_counts(n_classes: int, largest: int, imbalance: float) -> list[int]:
    """largest, …, largest / imbalance examples, each a constant share of the one before."""
    return [round(largest * imbalance ** (-rank / (n_classes - 1))) for rank in range(n_classes)]


def write(path: Path, images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Path:
    """An .npz as `hem score` reads it; the ids are the rows' numbers."""
    ids = np.array([f"{row:05d}" for row in range(len(labels))])
    np.savez(path, images=images, labels=labels, ids=ids, classes=np.array(classes))
    return path


def as_inputs(images: np.ndarray) -> np.ndarray:
    """(n, H, W) uint8 -> (n, 1, H, W) float32 in 0 .. 1."""
    return (images[:, None] / 255).astype(np.float32)


def _digits() -> tuple[np.ndarray, np.ndarray, list[str], Callable[[], nn.Module]]:
    pixels, target = load_digits(return_X_y=True)
    images = (pixels.reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8)
    return images, target.astype(np.int64), [str(digit) for digit in range(10)], digits.model


@cache
def _garments(data: Path) -> tuple[np.ndarray, np.ndarray, list[str], Callable[[], nn.Module]]:
    whole = fashion_mnist.load(data / "fashion-mnist")
    return whole.images, whole.labels, fashion_mnist.CLASSES, cnn


@cache
def _held_out(data: Path) -> tuple[np.ndarray, np.ndarray]:
    found = fashion_mnist.load(data / "fashion-mnist").held_out
    assert found is not None
    return found.images, found.labels
