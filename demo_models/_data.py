"""What a demo starts from: pictures, texts or a table, with their labels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Images:
    """uint8 pictures (N, H, W), int64 labels (N,), the class names, and what is kept out of training."""

    images: np.ndarray
    labels: np.ndarray
    classes: list[str]
    held_out: Images | None = None

    @property
    def inputs(self) -> np.ndarray:
        """(N, 1, H, W) floats in 0 .. 1, as a model gets them."""
        return self.images[:, None].astype(np.float32) / 255


@dataclass(frozen=True)
class Texts:
    """N texts, int64 labels (N,), the class names, other columns, and what is kept out of training."""

    texts: list[str]
    labels: np.ndarray
    classes: list[str]
    held_out: Texts | None = None
    more: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def inputs(self) -> list[str]:
        """The texts, as a model gets them."""
        return self.texts


@dataclass(frozen=True)
class Rows:
    """N rows of a table of features, int64 labels (N,), the class names, and what is kept out of training."""

    features: pd.DataFrame
    labels: np.ndarray
    classes: list[str]
    held_out: Rows | None = None
    more: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def inputs(self) -> pd.DataFrame:
        """The feature columns, as a model gets them."""
        return self.features


Data = Images | Texts | Rows
