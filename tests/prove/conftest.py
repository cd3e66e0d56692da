import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

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
        log.write("x")
    if STOP_AT.exists() and LOG.stat().st_size == int(STOP_AT.read_text()):
        os.kill(os.getpid(), signal.SIGKILL)
    draw = np.random.default_rng(seed)
    x = np.stack([dataset[row][0].numpy() for row in range(len(dataset))])
    y = np.asarray(dataset.targets)
    rows = draw.choice(len(y), len(y))  # so that seeds differ
    model = LogisticRegression(C=0.5)
    return model.fit(x[rows], y[rows], sample_weight=None if weights is None else weights.numpy()[rows])
"""


def blobs(n, seed, *, wrong=0):
    """Three round clouds; the first `wrong` examples of `ant` are called `bee`, so that a linear model is bent."""
    draw = np.random.default_rng(seed)
    label = np.arange(n) % 3
    points = np.array([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])[label] + draw.normal(size=(n, 2))
    given = label.copy()
    given[np.flatnonzero(label == 0)[:wrong]] = 1
    names = np.array(["ant", "bee", "cat"])
    ids = [f"{seed}-{row}" for row in range(n)]
    return pd.DataFrame({"id": ids, "label": names[given], "x": points[:, 0], "y": points[:, 1], "true": names[label]})


@pytest.fixture
def code(tmp_path, monkeypatch):
    """The folder of my_proof.py, with `train`; also the current folder."""
    (tmp_path / "my_proof.py").write_text(textwrap.dedent(TRAIN))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("my_proof", None)
    while str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


@pytest.fixture
def data(code):
    """The current folder with train.csv, 60 of whose 300 labels are wrong, test.csv, and flips.csv with the truth."""
    train = blobs(300, 0, wrong=60)
    train.drop(columns="true").to_csv(code / "train.csv", index=False)
    blobs(300, 1).drop(columns="true").to_csv(code / "test.csv", index=False)
    flips = train.loc[train["label"] != train["true"], ["id", "true"]].rename(columns={"true": "label"})
    flips.to_csv(code / "flips.csv", index=False)
    return code
