"""Pictures spoiled on purpose: mixtures of two, noise, crops and turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image


def corrupt(values: np.ndarray, kinds: Sequence[str], partners: np.ndarray, *, seed: int) -> np.ndarray:
    """Spoil each picture as its kind says; the pictures given are left alone.

    values, partners (P, H, W) or (P, H, W, C) uint8; partners count for "ambiguous" alone. kinds: P of
    ambiguous  a blend of the picture and its partner, .45 to .55 of each
    outlier    its pixels in random places, or uniform noise
    rare       a corner of it enlarged (50 to 70% of each side), shrunk to 40 to 60% on a flat ground, or turned by 60
               to 300 degrees
    anything else (mislabelled, …)  as it is
    Returns an array like values; row i depends on the seed, i and the two pictures alone.
    """
    result = values.copy()
    for row, name in enumerate(kinds):
        rng = np.random.default_rng((seed, row))
        if name == "ambiguous":
            share = rng.uniform(0.45, 0.55)
            result[row] = (share * values[row] + (1 - share) * partners[row].astype(np.float64)).round()
        elif name in _WAYS:
            ways = _WAYS[name]
            result[row] = ways[rng.integers(len(ways))](values[row], rng)
    return result


def _permuted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = picture.shape[:2]
    pixels = picture.reshape(height * width, *picture.shape[2:])
    return rng.permutation(pixels).reshape(picture.shape)


def _noise(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, picture.shape, dtype=np.uint8)


def _cropped(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = picture.shape[:2]
    share = rng.uniform(0.5, 0.7)
    h, w = max(1, round(share * height)), max(1, round(share * width))
    top, left = rng.choice([0, height - h]), rng.choice([0, width - w])
    return _drawn(picture, lambda image: image.crop((left, top, left + w, top + h)).resize((width, height)))


def _shrunk(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = picture.shape[:2]
    share = rng.uniform(0.4, 0.6)
    h, w = max(1, round(share * height)), max(1, round(share * width))
    small = _drawn(picture, lambda image: image.resize((w, h)))
    result = np.empty_like(picture)
    result[:] = _ground(picture)
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    result[top : top + h, left : left + w] = small
    return result


def _turned(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    ground = np.atleast_1d(_ground(picture)).tolist()
    fill = ground[0] if len(ground) == 1 else tuple(ground)
    angle = rng.uniform(60, 300)
    return _drawn(picture, lambda image: image.rotate(angle, Image.Resampling.BILINEAR, fillcolor=fill))


_WAYS: dict[str, list[Callable[[np.ndarray, np.random.Generator], np.ndarray]]] = {
    "outlier": [_permuted, _noise],
    "rare": [_cropped, _shrunk, _turned],
}


def _ground(picture: np.ndarray) -> np.ndarray:
    """The median colour of the picture's rim: () or (C,) uint8."""
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return np.median(rim, axis=0).astype(np.uint8)


def _drawn(picture: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """Let PIL change a picture of 1, 3 or 4 channels; any other number is changed channel by channel."""
    if picture.ndim == 3 and picture.shape[2] not in (3, 4):
        layers = [np.asarray(change(Image.fromarray(picture[:, :, one]))) for one in range(picture.shape[2])]
        return np.stack(layers, axis=2)
    return np.asarray(change(Image.fromarray(picture)))
