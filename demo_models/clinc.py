"""CLINC150: 23,700 requests to an assistant, 150 intents and those that fit none, and a net that learns them.

Larson et al. 2019, arXiv:1909.02027, CC BY 3.0; a CSV file with the columns split, text, intent and is_oos. What is
out of scope is a class of its own, `oos`: the one without a common meaning, and so the hardest.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from demo_models._csv import path_of, read_csv
from demo_models._data import Texts
from demo_models._examples import Dataset
from demo_models._fit import EpochSampler, Fit, LossFn, Progress, fit
from demo_models._word_net import WordNet
from hem_core import Recorder
from hem_core.errors import DataError

FIT = Fit(epochs=8, optimizer="adam", lr=1e-2, batch_size=256, weight_decay=0.1)
OOS = 5


def load(data: Path | None = None) -> Texts:
    """The requests of the file `data`, or of clinc150_full.csv.gz in that folder, with `is_oos` and `split`.

    A domains.json beside the file, {domain: [intents]}, gives the column `domain`.
    Raises DataError when the file is not that.
    """
    path = path_of(data, demo="clinc", file="clinc150_full.csv.gz")
    table = read_csv(path, ["split", "text", "intent", "is_oos"])
    classes, labels = np.unique(table["intent"].astype(str), return_inverse=True)
    more = {"split": table["split"].to_numpy(object), "is_oos": (table["is_oos"] == 1).to_numpy()}
    if (path.parent / "domains.json").is_file():
        domain = _domains(path.parent / "domains.json")
        more["domain"] = np.array([domain.get(intent, "out of scope") for intent in table["intent"]], object)
    return Texts(table["text"].astype(str).tolist(), labels.astype(np.int64), classes.tolist(), more=more)


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
    texts = WordNet.preprocess(list(dataset.texts()))
    n_classes = len(dataset.classes)
    return fit(
        lambda: WordNet(n_classes), texts, dataset, FIT, seed, recorder, progress, weights, checkpoint, sampler, loss_fn
    )


def _domains(path: Path) -> dict[str, str]:
    try:
        return {intent: domain for domain, intents in json.loads(path.read_text()).items() for intent in intents}
    except (ValueError, AttributeError, TypeError) as error:
        raise DataError(f"'{path}' is not a JSON object of domains and their intents: {error}") from error
