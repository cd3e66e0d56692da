"""Small grey pictures as a `LabelledSet`."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

from benchmarks.public._types import LabelledSet


def picture_set(pixels: np.ndarray, labels: np.ndarray) -> LabelledSet:
    """The net reads the pixels; the embedding is their first 50 principal components, which see no label.

    pixels (M, P) in 0 .. 1; labels (M,) int64.
    """
    inputs = pixels.astype(np.float32)
    parts = PCA(min(50, inputs.shape[1]), svd_solver="randomized", random_state=0).fit_transform(inputs)
    return LabelledSet(inputs, parts.astype(np.float32), labels.astype(np.int64), int(labels.max()) + 1, "net")
