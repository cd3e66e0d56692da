import shutil
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from hem_core.runs.score import score
from hem_core.store import sets
from hem_core.store.workspace import open_workspace

TRAIN = """
import torch
from torch import nn

EPOCHS = 6


def train(dataset, *, seed=0, weights=None, sampler=None, progress=None):
    inputs = torch.stack([dataset[row][0] for row in range(len(dataset))])
    targets = torch.as_tensor(dataset.targets)
    model = nn.Sequential(nn.Linear(inputs.shape[1], 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(EPOCHS):
        order = torch.tensor(list(sampler)) if sampler is not None else torch.randperm(len(targets))
        for index in order.split(32):
            if len(index) == 1:
                continue  # nothing to normalise a batch of one by
            loss = nn.functional.cross_entropy(model(inputs[index]), targets[index], reduction="none")
            optimizer.zero_grad()
            (loss if weights is None else loss * weights[index]).mean().backward()
            optimizer.step()
        if progress:
            progress((epoch + 1) * len(targets), EPOCHS * len(targets))
    return model


def plain(dataset):
    return train(dataset)
"""


def blobs(n, seed, *, wrong=0.0):
    """Three round clouds in the plane, `wrong` of the labels another one's; `side` is a column of the user's own."""
    draw = np.random.default_rng(seed)
    label = np.arange(n) % 3
    middle = np.array([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
    points = middle[label] + draw.normal(size=(n, 2))
    given = label.copy()
    flipped = draw.choice(n, int(wrong * n), replace=False)
    given[flipped] = (given[flipped] + 1) % 3
    names = np.array(["ant", "bee", "cat"])
    return pd.DataFrame(
        {
            "id": [f"{seed}-{row}" for row in range(n)],
            "label": names[given],
            "x": points[:, 0],
            "y": points[:, 1],
            "side": np.where(points[:, 0] > 0, "right", "left"),
            "true_label": names[label],
        }
    )


@pytest.fixture(scope="session")
def scored_blobs(tmp_path_factory):
    """A folder with the module `my_training` in code, and in w a scored run `blobs` with test data beside it.

    300 points, a tenth of the labels wrong.
    """
    folder = tmp_path_factory.mktemp("blobs")
    (folder / "code").mkdir()
    (folder / "code" / "my_training.py").write_text(textwrap.dedent(TRAIN))
    home = folder / "w"
    (home / "data").mkdir(parents=True)
    blobs(300, 0, wrong=0.1).to_csv(home / "data" / "blobs.csv", index=False)
    blobs(150, 1).to_csv(home / "data" / "held_out.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder / "code")
        score(
            None,
            home / "data" / "blobs.csv",
            train="my_training:train",
            oos=2,
            out=home / "runs" / "blobs",
            has_map=False,
            has_probes=False,
            columns={"feature_columns": "x,y"},
        )
    sys.modules.pop("my_training", None)
    return folder


@pytest.fixture
def my_training(scored_blobs, tmp_path, monkeypatch):
    """The folder of a module of that name with `train` and `plain`, the test's own."""
    shutil.copytree(scored_blobs / "code", tmp_path / "code")
    monkeypatch.syspath_prepend(tmp_path / "code")
    yield tmp_path / "code"
    sys.modules.pop("my_training", None)


@pytest.fixture
def workspace(scored_blobs, tmp_path, my_training):
    """The scored blobs, the test's own."""
    home = tmp_path / "w"
    shutil.copytree(scored_blobs / "w", home)
    info = home / "runs" / "blobs" / "run.json"
    info.write_text(info.read_text().replace(str(scored_blobs), str(tmp_path)))
    return home


@pytest.fixture
def make_set(workspace):
    """Saves a set of examples that a condition picks, labels put right unless `truth` is false."""

    def make(name="hard", where=None, *, truth=True, left_out=None, weight=None):
        run = open_workspace(workspace).run("blobs")
        where = where or "label <> true_label OR label = 'ant'"
        examples = run.query(where=where, columns=["id", "label", "true_label"]).drop(columns="row")
        examples = examples.assign(label_before=examples["label"])
        examples["label"] = examples["true_label"] if truth else examples["label"]
        if weight is not None:
            examples["weight"] = weight
        sets.save(workspace, name, examples, {"run": "blobs"}, left_out=left_out)
        return examples

    return make
