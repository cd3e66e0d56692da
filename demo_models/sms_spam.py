"""SMS Spam Collection: 5,574 short messages, 13% of them spam, and a net of hashed words that learns them in seconds.

Almeida and Hidalgo 2011, CC BY 4.0; a CSV file with the columns text and label (ham or spam).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor, nn

from demo_models._csv import path_of, read_csv
from demo_models._data import Texts
from demo_models._examples import Dataset
from demo_models._fit import EpochSampler, Fit, Progress, fit
from demo_models._word_net import WordNet
from hem_core import Recorder

FIT = Fit(epochs=5, optimizer="adam", lr=5e-3, batch_size=64)
OOS = 5


def load(data: Path | None = None) -> Texts:
    """The messages of the file `data`, or of sms_spam.csv.gz in that folder. Raises DataError when it is not that."""
    table = read_csv(path_of(data, demo="sms-spam", file="sms_spam.csv.gz"), ["text", "label"])
    classes, labels = np.unique(table["label"].astype(str), return_inverse=True)
    return Texts(table["text"].astype(str).tolist(), labels.astype(np.int64), classes.tolist())


def train(
    dataset: Dataset,
    *,
    seed: int = 0,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    weights: Tensor | None = None,
    sampler: EpochSampler | None = None,
    checkpoint: Path | None = None,
) -> nn.Module:
    """A small net, trained from scratch on the data set; see `demo_models._fit.fit`."""
    inputs, n_classes = WordNet.preprocess(list(dataset.texts())), len(dataset.classes)
    return fit(
        lambda: WordNet(n_classes, width=32, hidden=32),
        inputs,
        dataset,
        FIT,
        seed,
        recorder,
        progress,
        weights,
        checkpoint,
        sampler,
    )
