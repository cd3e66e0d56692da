"""Adult: who of 48,842 people in a census of 1994 earned over 50,000 dollars, and a net for numbers and categories.

Becker and Kohavi 1996, CC BY 4.0; a CSV file with the columns below and `income`, "?" where a value is missing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor, nn

from demo_models._csv import path_of, read_csv
from demo_models._data import Rows
from demo_models._examples import Dataset
from demo_models._fit import EpochSampler, Fit, LossFn, Progress, fit
from demo_models._row_net import RowNet
from hem_core import Recorder

FIT = Fit(epochs=5, optimizer="adam", lr=2e-3, batch_size=512)
OOS = 5
NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
WORDS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country"]


def load(data: Path | None = None) -> Rows:
    """The people of the file `data`, or of adult.csv.gz in that folder; fnlwgt, how many each stands for, is left out.

    Raises DataError when the file is not that.
    """
    path = path_of(data, demo="adult", file="adult.csv.gz")
    table = read_csv(path, [*NUMBERS, *WORDS, "income"], missing="?")
    classes, labels = np.unique(table["income"].astype(str), return_inverse=True)
    return Rows(table.loc[:, NUMBERS + WORDS], labels.astype(np.int64), classes.tolist())


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
        lambda: RowNet(frame, n_classes),
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
