import sys

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.advise.trials import Trials

TRAIN = """
import os
import signal
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

LOG = Path(__file__).with_name("trainings.log")
STOP_AT = Path(__file__).with_name("stop_at")


def train(dataset, *, seed=0, weights=None):
    with LOG.open("a") as log:
        log.write(f"{len(dataset)}\\n")
    if STOP_AT.exists() and len(LOG.read_text().splitlines()) == int(STOP_AT.read_text()):
        os.kill(os.getpid(), signal.SIGKILL)
    x = np.stack([dataset[row][0].numpy() for row in range(len(dataset))])
    y = np.asarray(dataset.targets)
    return LogisticRegression().fit(x, y, sample_weight=None if weights is None else weights.numpy())
"""
NAMES = np.array(["ant", "bee", "cat"])


def blobs(n, seed=0):
    """Three clouds that overlap, in the plane and six dimensions of noise, so that more examples help."""
    draw = np.random.default_rng(seed)
    label = np.arange(n) % 3
    points = np.array([[0.0, 1.2], [-1.2, -0.6], [1.2, -0.6]])[label] + draw.normal(size=(n, 2))
    columns = {f"f{place}": values for place, values in enumerate(draw.normal(size=(6, n)))}
    ids = [f"b{row:03d}" for row in range(n)]
    return pd.DataFrame({"id": ids, "label": NAMES[label], "x": points[:, 0], "y": points[:, 1], **columns})


@pytest.fixture
def code(tmp_path, monkeypatch):
    """The folder of my_advice.py, with `train`; also the current folder."""
    (tmp_path / "my_advice.py").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("my_advice", None)


@pytest.fixture
def trained(code):
    """A run of 240 blobs in the workspace `w`, scored in three folds by my_advice:train."""
    blobs(240).to_csv(code / "blobs.csv", index=False)
    return hem_core.score(
        None,
        code / "blobs.csv",
        train="my_advice:train",
        oos=3,
        out=code / "w/runs/blobs",
        has_map=False,
        has_probes=False,
        columns={"feature_columns": "*"},
    )


@pytest.fixture
def predicted(tmp_path):
    """predicted(labels, guesses): a run of predictions of models that had not seen the examples."""

    def make(labels, guesses, *, embedding=None, names=None, **columns):
        names = sorted(names or set(labels))
        probs = np.where(np.array(guesses)[:, None] == np.array(names), 0.9, 0.1 / (len(names) - 1))
        table = pd.DataFrame({"id": [f"e{row:04d}" for row in range(len(labels))], "label": labels})
        table = table.assign(**{f"prob_{name}": probs[:, at] for at, name in enumerate(names)})
        table = table.assign(**columns)
        if embedding is not None:
            table["embedding"] = list(np.asarray(embedding, np.float32))
        table.to_parquet(tmp_path / "predicted.parquet")
        return hem_core.score(
            None,
            tmp_path / "predicted.parquet",
            out=tmp_path / "w/runs/predicted",
            sample="out-of-sample",
            has_map=False,
            has_probes=False,
        )

    return make


@pytest.fixture
def trials():
    """trials(shares, sizes=…): a curve on examples of which, at each size, the first share of each fold is wrong."""

    def make(shares, sizes=(100, 200, 400, 800), *, n=1000, n_folds=None, n_training=800, **changed):
        n_folds = n_folds or (2 if changed else 1)  # a change needs two
        place = np.arange(n) % (n // n_folds) / (n // n_folds)
        error = np.array([place < share for share in shares], float)
        fold = np.arange(n) // (n // n_folds)
        after = {name: (place < share).astype(float) for name, share in changed.items()}
        return Trials("a model", False, False, np.array(sizes, float), error, fold, n_training, after)

    return make
