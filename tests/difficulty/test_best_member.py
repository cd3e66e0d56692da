"""No headline ranks below the best of its members: planted flips on digits, through `hem_core.score`."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score
from torch import nn
from torch.utils.data import TensorDataset

import hem_core

pytestmark = pytest.mark.slow

SEEDS, N, FLIPPED = (0, 1, 2), 600, 0.1
MEMBERS = ("loss", "margin", "aum", "neighbour_disagreement")
LEAST = 0.005


def train_for(epochs):
    def train(dataset, *, seed, recorder):
        x = torch.stack([torch.as_tensor(item[0]) for item in dataset.__getitems__(range(len(dataset)))])
        y, ids = torch.as_tensor(dataset.targets), np.array(dataset.ids, object)
        net = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        for epoch in range(epochs):
            for rows in torch.randperm(len(x)).split(64):
                logits = net(x[rows])
                recorder.log(ids[rows.numpy()].tolist(), logits.detach(), y[rows], epoch)
                optimizer.zero_grad()
                F.cross_entropy(logits, y[rows]).backward()
                optimizer.step()
        return net

    return train


def flipped(seed):
    """Inputs, given labels, and which of them are wrong."""
    pixels, target = load_digits(return_X_y=True)
    chance = np.random.default_rng(seed)
    rows = chance.permutation(len(target))[:N]
    is_flip = np.arange(N) < FLIPPED * N
    labels = np.where(is_flip, (target[rows] + chance.integers(1, 10, N)) % 10, target[rows])
    return torch.tensor(pixels[rows] / 16, dtype=torch.float32), torch.from_numpy(labels), is_flip


def of_run(run, is_flip, *, without=()):
    """Column -> average precision of the flips."""
    table = run.table().sort_values("index")
    names = [name for name in (*MEMBERS, "difficulty", "label_suspicion") if name in table and name not in without]
    return {name: average_precision_score(is_flip, table[name]) for name in names}


def folds_logits(folder):
    logits = np.zeros((N, 10), np.float32)
    for path in (folder / "folds" / "out_of_sample").glob("fold_*.npz"):
        with np.load(path) as fold:
            logits[fold["rows"]] = fold["logits"]
    return logits


def own_logits(folder):
    with np.load(folder / "folds" / "out_of_sample" / "all.npz") as whole:
        return whole["logits"]


def of_predictions(folder, logits, x, y, **given):
    """A run of predictions and embeddings alone."""
    lists = {"logits": list(logits), "embedding": list(x.numpy())}
    frame = pd.DataFrame({"id": np.arange(N).astype(str), "label": y.numpy(), **lists})
    return hem_core.score(None, frame, out=folder, labels_are="indices", **given)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Way -> column -> average precision, a seed each."""
    found = {}
    for seed in SEEDS:
        x, y, is_flip = flipped(seed)
        for way, epochs in (("stopped early", 6), ("memorised", 60)):
            folder = tmp_path_factory.mktemp("runs")
            given = {"has_map": False, "has_probes": False, "classes": [str(digit) for digit in range(10)]}
            run = hem_core.score(None, TensorDataset(x, y), out=folder / "folds", train=train_for(epochs), oos=3,
                                 seed=seed, **given)  # fmt: skip
            bare = of_predictions(folder / "bare", folds_logits(folder), x, y, sample="out-of-sample", **given)
            own = of_predictions(folder / "own", own_logits(folder), x, y, sample="in-sample", oos="none", **given)
            for name, each in ((way, run), (f"{way}, without a recording", bare), (f"{way}, in-sample", own)):
                for column, value in of_run(each, is_flip).items():
                    found.setdefault(name, {}).setdefault(column, []).append(value)
            found.setdefault("windows", {}).setdefault(way, []).append(run.info["headline"]["window"])
    return found


WAYS = [
    f"{way}{rest}" for way in ("stopped early", "memorised") for rest in ("", ", without a recording", ", in-sample")
]


@pytest.mark.parametrize("headline", ["difficulty", "label_suspicion"])
@pytest.mark.parametrize("way", WAYS)
def test_a_headline_is_no_worse_than_the_best_of_loss_margin_and_aum(measured, way, headline):
    values = measured[way]
    best = max(np.mean(values[name]) for name in MEMBERS if name in values)
    least = best - max(LEAST, np.std(values[headline], ddof=1))
    assert np.mean(values[headline]) >= least, values


def test_only_the_net_that_memorised_is_windowed_and_gains_by_it(measured):
    assert all(sentence.startswith("all 6 epochs") for sentence in measured["windows"]["stopped early"])
    assert all(sentence.startswith("the first ") for sentence in measured["windows"]["memorised"])
    assert np.mean(measured["memorised"]["label_suspicion"]) > np.mean(measured["memorised"]["aum"])
