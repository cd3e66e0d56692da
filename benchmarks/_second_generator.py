"""Hard examples made in other ways than HEM's probes are, and than those of `_planted`: to judge the reasons on.

HEM's probes of pictures are flips by chance and by the model's confusions, even blends of two, noise and permuted
pixels, enlarged corners, shrunk and turned pictures. Nothing here is made in these ways.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from _planted import OTHERS, Planted
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images
from sklearn.neighbors import KNeighborsClassifier

from demo_models import fashion_mnist

FLIPPED, OF_EACH = 0.1, 0.02
"""Share of wrong labels, and of every other kind."""
SLIPS = 0.3
"""Share of wrong labels that are slips: any other class. The rest mistake the picture for what it looks like."""
_KNOWN = 3_000
"""Pictures outside of the set, by whose labels one who errs is misled."""
Chance = np.random.Generator


def garments(data: Path, n: int, seed: int) -> Planted:
    """Fashion-MNIST, n pictures with `FLIPPED` of their labels wrong, and `OF_EACH` of n added for each other kind.

    flip: the likelier, the more the pixels resemble another class, and then to that class; `SLIPS` of them by chance.
    ambiguous: the left half of one picture beside the right half of another class's, or the coarse forms of one with
    the fine forms of the other; labelled as one of the two. far: pieces of photographs, stripes, rings; near: digits,
    thick and slanted; both labelled by chance. atypical: light for dark, upside down, half covered, squeezed or
    smeared; rightly labelled.
    """
    chance = np.random.default_rng((seed, 77))
    whole = fashion_mnist.load(data / "fashion-mnist")
    images, truth = whole.images, whole.labels.astype(np.int64)
    order, few = chance.permutation(len(images)), round(OF_EACH * n)
    rows, first, second, odd = np.split(order[: n + 3 * few], [n, n + few, n + 2 * few])
    labels, is_flipped = _misled(images, truth, rows, order[-_KNOWN:], chance)
    second = np.array([chance.choice(order[n:][truth[order[n:]] != truth[row]]) for row in first])
    mixed = _each(few, (_beside, _coarse_and_fine), lambda make, k: make(images[first[k]], images[second[k]]))
    strange = _each(few, (_photograph, _stripes, _rings), lambda make, _k: make(chance))
    unusual = _each(few, (_negative, _upside_down, _covered, _squeezed, _smeared), lambda make, k: make(images[odd[k]]))
    planted = [mixed, strange, _digits(few, chance), unusual]
    of_two = np.where(chance.random(few) < 0.5, truth[first], truth[second])
    given = [labels, of_two, chance.integers(10, size=2 * few), truth[odd]]
    kind = np.concatenate([np.where(is_flipped, "flip", "regular"), np.repeat(OTHERS, few)]).astype(str)
    drawn = np.concatenate([truth[rows], *given[1:]])
    shuffled = chance.permutation(len(kind))
    return Planted(
        np.concatenate([images[rows], *planted])[shuffled],
        np.concatenate(given)[shuffled],
        drawn[shuffled],
        kind[shuffled],
        fashion_mnist.CLASSES,
    )


def _misled(
    images: np.ndarray, truth: np.ndarray, rows: np.ndarray, known: np.ndarray, chance: Chance
) -> tuple[np.ndarray, np.ndarray]:
    """Labels (n,) as somebody gives them who knows some pictures of each class and errs, and where that was."""
    model = KNeighborsClassifier(20).fit(images[known].reshape(len(known), -1), truth[known])
    votes = np.asarray(model.predict_proba(images[rows].reshape(len(rows), -1)))  # (n, 10)
    labels, n = truth[rows].copy(), len(rows)
    votes += 1e-3 * chance.random(votes.shape)  # no ties
    votes[np.arange(n), labels] = 0
    doubt = votes.max(axis=1) + 0.02
    wrong = chance.choice(n, round(FLIPPED * n), replace=False, p=doubt / doubt.sum())
    slips = round(SLIPS * len(wrong))
    chosen, misled = chance.choice(np.setdiff1d(np.arange(n), wrong), slips, replace=False), wrong[slips:]
    labels[misled] = votes[misled].argmax(axis=1)
    labels[chosen] = (labels[chosen] + chance.integers(1, 10, slips)) % 10
    return labels, labels != truth[rows]


def _each(few: int, ways: tuple[Callable, ...], make: Callable[[Callable, int], np.ndarray]) -> np.ndarray:
    """`few` pictures, the ways taken in turn."""
    return np.stack([make(ways[k % len(ways)], k) for k in range(few)]).astype(np.uint8)


def _beside(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.concatenate([one[:, :14], other[:, 14:]], axis=1)


def _coarse_and_fine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    fine = other.astype(float) - _coarse(other)
    return (_coarse(one) + 1.5 * fine).clip(0, 255)


def _coarse(picture: np.ndarray) -> np.ndarray:
    small = Image.fromarray(picture).resize((7, 7), Image.Resampling.BOX)
    return np.asarray(small.resize((28, 28), Image.Resampling.BICUBIC), float)


def _photograph(chance: Chance) -> np.ndarray:
    photograph = load_sample_images().images[chance.integers(2)].mean(axis=2).astype(np.uint8)  # (427, 640)
    top, left = chance.integers(0, 300), chance.integers(0, 500)
    return np.asarray(Image.fromarray(photograph[top : top + 112, left : left + 112]).resize((28, 28)))


def _stripes(chance: Chance) -> np.ndarray:
    x, y = np.meshgrid(np.arange(28), np.arange(28))
    angle, period = chance.uniform(0, np.pi), chance.uniform(3, 9)
    return 127 + 127 * np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)


def _rings(chance: Chance) -> np.ndarray:
    x, y = np.meshgrid(np.arange(28), np.arange(28))
    away = np.hypot(x - chance.uniform(8, 20), y - chance.uniform(8, 20))
    return 255.0 * (away % chance.uniform(5, 9) < 2.5)


def _digits(few: int, chance: Chance) -> np.ndarray:
    """Handwritten digits of scikit-learn, drawn smoothly at 28 × 28 and slanted."""
    small = load_digits(return_X_y=True)[0].reshape(-1, 8, 8)[chance.choice(1797, few, replace=False)]
    return np.stack([
        np.asarray(
            Image.fromarray((each / 16 * 255).astype(np.uint8))
            .resize((28, 28), Image.Resampling.BICUBIC)
            .transform((28, 28), Image.Transform.AFFINE, (1, chance.uniform(0.1, 0.4), -4, 0, 1, 0))
        )
        for each in small
    ])  # fmt: skip


def _negative(picture: np.ndarray) -> np.ndarray:
    return 255 - picture


def _upside_down(picture: np.ndarray) -> np.ndarray:
    return picture[::-1]


def _covered(picture: np.ndarray) -> np.ndarray:
    result = picture.copy()
    result[:, 14:] = 0
    return result


def _squeezed(picture: np.ndarray) -> np.ndarray:
    thin = np.asarray(Image.fromarray(picture).resize((28, 9)))
    return np.pad(thin, ((10, 9), (0, 0)))


def _smeared(picture: np.ndarray) -> np.ndarray:
    wide = picture.astype(float)
    return np.mean([np.roll(wide, step, axis=1) for step in range(-4, 5)], axis=0)
