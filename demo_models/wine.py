"""scikit-learn's wine: 178 wines of three growers by 13 measurements, and a net that learns them in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_wine
from torch import Tensor, nn

from demo_models._data import Rows
from demo_models._examples import Dataset
from demo_models._fit import EpochSampler, Fit, LossFn, Progress, fit
from demo_models._row_net import RowNet
from hem_core import Recorder

FIT = Fit(epochs=30, optimizer="adam", lr=0.01, batch_size=16)
OOS = 5


def load(data: Path | None = None) -> Rows:
    """The measurements that ship with scikit-learn."""
    known: Any = load_wine(as_frame=True)
    return Rows(known["data"], known["target"].to_numpy(np.int64), ["grower 1", "grower 2", "grower 3"])


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
    frame, n_classes = dataset.frame(), len(dataset.classes)
    inputs = RowNet(frame, n_classes).preprocess(frame)
    return fit(
        lambda: RowNet(frame, n_classes, hidden=32),
        inputs,
        dataset,
        FIT,
        seed,
        recorder,
        progress,
        weights,
        checkpoint,
        sampler,
        loss_fn,
    )
