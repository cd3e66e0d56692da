"""scikit-learn's digits: 1,797 real 8 × 8 pictures of handwritten digits, and a CNN that learns them in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor, nn

from demo_models._data import Images
from demo_models._examples import Dataset, pictures
from demo_models._fit import EpochSampler, Fit, LossFn, Progress, fit
from hem_core import Recorder

FIT = Fit(epochs=12)
OOS = 5


def load(data: Path | None = None) -> Images:
    """The pictures that ship with scikit-learn, stretched from 0 .. 16 to 0 .. 255."""
    from sklearn.datasets import load_digits

    pixels, target = load_digits(return_X_y=True)
    images = (np.asarray(pixels).reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8)
    return Images(images, np.asarray(target, dtype=np.int64), [str(digit) for digit in range(10)])


def model() -> nn.Module:
    """Two convolutions and a hidden layer of 64; takes (N, 1, 8, 8) floats in 0 .. 1, gives 10 logits."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
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
