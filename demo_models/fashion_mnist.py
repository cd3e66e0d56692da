"""Fashion-MNIST: 60,000 pictures of clothes, read from the four original IDX files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from demo_models._data import Images
from demo_models._examples import Dataset, pictures
from demo_models._fit import EpochSampler, Fit, LossFn, Progress, fit
from hem_core import Recorder
from hem_core.errors import DataError

FIT = Fit(epochs=8)
OOS = "head"
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def load(data: Path | None = None) -> Images:
    """Training images from the folder `data`, the test files kept out of training; .gz or unpacked.

    Raises DataError when a file is missing or is not the IDX file that its name says.
    """
    if data is None:
        raise DataError("hem demo fashion-mnist reads the four IDX files of Fashion-MNIST: say --data FOLDER")
    images, labels = _read(data, "train-images-idx3-ubyte"), _read(data, "train-labels-idx1-ubyte")
    held_out = _read(data, "t10k-images-idx3-ubyte"), _read(data, "t10k-labels-idx1-ubyte").astype(np.int64)
    return Images(images, labels.astype(np.int64), CLASSES, Images(*held_out, CLASSES))


def model() -> nn.Module:
    """Three convolutions and a hidden layer of 128; takes (N, 1, 28, 28) floats in 0 .. 1, gives 10 logits."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def train(
    dataset: Dataset,
    *,
    seed: int = 0,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    weights: Tensor | None = None,
    sampler: EpochSampler | None = None,
    checkpoint: Path | None = None,
    loss_fn: LossFn | None = None,
) -> nn.Module:
    """The model, trained from scratch on the data set; see `demo_models._fit.fit`."""
    return fit(model, pictures(dataset), dataset, FIT, seed, recorder, progress, weights, checkpoint, sampler, loss_fn)


def _read(folder: Path, name: str) -> np.ndarray:
    path = next((found for found in (folder / f"{name}.gz", folder / name) if found.is_file()), None)
    if path is None:
        raise DataError(f"no {name}.gz in '{folder}'; wanted the four IDX files of Fashion-MNIST")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        n_axes = data[3]
        shape = np.frombuffer(data, dtype=">i4", offset=4, count=n_axes)
        return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * n_axes).reshape(shape)
    except (OSError, EOFError, IndexError, ValueError) as error:
        raise DataError(f"'{path}' is not an IDX file: {error}") from error
