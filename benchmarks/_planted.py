"""Pictures with hard examples planted among them, all of it known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _flipped import another
from sklearn.datasets import load_digits

from demo_models import fashion_mnist

LOOK_ALIKE = np.array([6, 3, 4, 4, 2, 7, 0, 5, 6, 7])
"""T-shirt -> Shirt, Trouser -> Dress, Pullover -> Coat, Dress -> Coat, Coat -> Pullover, Sandal -> Sneaker, …"""
FLIPS = ("uniform", "pair", "class")
OTHERS = ("ambiguous", "far", "near", "atypical")


@dataclass(frozen=True, eq=False)
class Planted:
    """N examples as a user would have them, and what nobody tells the user."""

    images: np.ndarray
    """(N, 28, 28) uint8."""
    labels: np.ndarray
    """(N,) int64, as given."""
    drawn: np.ndarray
    """(N,) int64: the right label; the given one where there is no right one."""
    kind: np.ndarray
    """(N,) strings: "regular", "flip" or one of OTHERS."""
    classes: list[str]

    def write(self, path: Path) -> Path:
        """What a user would have, as an .npz."""
        ids = np.array([f"{index:05d}" for index in range(len(self.labels))])
        np.savez(path, images=self.images, labels=self.labels, ids=ids, classes=np.array(self.classes))
        return path


def garments(data: Path, n: int, seed: int, *, flip: str, share: float, others: float = 0.02) -> Planted:
    """Fashion-MNIST with `share` of n pictures flipped and `others` of n added for each further kind.

    flip: "uniform" to any other class; "pair" to the class that looks most like it; "class": uniform, yet only the even
    classes are flipped, at twice the rate. ambiguous: two classes mixed .45 to .55, labelled as one of the two. far:
    noise and shuffled pixels; near: digits from scikit-learn, drawn as large; both with a label by chance. atypical: a
    quarter of a picture blown up or a picture on its side, rightly labelled.
    """
    chance = np.random.default_rng(seed)
    whole = fashion_mnist.load(data / "fashion-mnist")
    order, few = chance.permutation(len(whole.images)), round(others * n)
    rows, spare = order[:n], order[n : n + 4 * few]
    images, drawn = whole.images[rows], whole.labels[rows]
    labels, kind = drawn.copy(), np.full(n, "regular", dtype=object)
    flipped = _to_flip(drawn, flip, share, chance)
    labels[flipped] = LOOK_ALIKE[drawn[flipped]] if flip == "pair" else another(drawn[flipped], 10, chance)
    kind[flipped] = "flip"
    more = [
        _mixed(whole.images, whole.labels, spare[: 2 * few], chance),
        (_noise(whole.images[spare[:few]], chance), chance.integers(10, size=few)),
        (_digits(few, chance), chance.integers(10, size=few)),
        (_turned(whole.images[spare[-few:]], chance), whole.labels[spare[-few:]]),
    ]
    images = np.concatenate([images, *(extra for extra, _labels in more)])
    labels = np.concatenate([labels, *(given for _extra, given in more)]).astype(np.int64)
    drawn = np.concatenate([drawn, labels[n:]]).astype(np.int64)
    kind = np.concatenate([kind, np.repeat(OTHERS, few)]).astype(str)
    shuffled = chance.permutation(len(labels))
    return Planted(images[shuffled], labels[shuffled], drawn[shuffled], kind[shuffled], fashion_mnist.CLASSES)


def _to_flip(drawn: np.ndarray, flip: str, share: float, chance: np.random.Generator) -> np.ndarray:
    pool = np.flatnonzero(drawn % 2 == 0) if flip == "class" else np.arange(len(drawn))
    return chance.permutation(pool)[: round(share * len(drawn))]


def _mixed(
    images: np.ndarray, labels: np.ndarray, rows: np.ndarray, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Half as many pictures as rows, each of two pictures of different classes; labelled as the first."""
    first = rows[: len(rows) // 2]
    second = np.array([chance.choice(np.flatnonzero(labels != labels[row])) for row in first])
    part = chance.uniform(0.45, 0.55, (len(first), 1, 1))
    return (part * images[first] + (1 - part) * images[second]).astype(np.uint8), labels[first]


def _noise(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Every other picture is noise, the rest have their pixels shuffled."""
    flat = images.reshape(len(images), -1).copy()
    flat[::2] = chance.integers(0, 256, flat[::2].shape)
    flat[1::2] = chance.permuted(flat[1::2], axis=1)
    return flat.reshape(images.shape)


def _digits(n: int, chance: np.random.Generator) -> np.ndarray:
    """Handwritten digits, each of 8 × 8 pixels drawn as 3 × 3."""
    small = load_digits(return_X_y=True)[0].reshape(-1, 8, 8)[chance.choice(1797, n, replace=False)]
    large = (small / 16 * 255).astype(np.uint8).repeat(3, axis=1).repeat(3, axis=2)  # (n, 8, 8) -> (n, 24, 24)
    return np.pad(large, ((0, 0), (2, 2), (2, 2)))


def _turned(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Every other picture is a quarter of itself, blown up; the rest lie on their side."""
    result = np.rot90(images, axes=(1, 2)).copy()
    for row in range(0, len(images), 2):
        top, left = chance.integers(0, 15, 2)
        result[row] = images[row, top : top + 14, left : left + 14].repeat(2, axis=0).repeat(2, axis=1)
    return result
