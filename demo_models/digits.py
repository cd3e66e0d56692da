"""scikit-learn's digits: 1,797 real 8 × 8 pictures of handwritten digits, and a CNN that learns them in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn

from demo_models._demo import Images
from demo_models._fit import Fit

FIT = Fit(epochs=20)


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
