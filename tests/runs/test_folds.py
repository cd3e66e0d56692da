"""`hem score --train … --oos 5`: a run whose every number is of models that had not seen the example."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

import hem_core
from hem_core.errors import ModelError, RunError

pytestmark = pytest.mark.slow

CALLS = []


def train(dataset, *, seed, recorder):
    """A small net on digits; what it was trained on is noted in CALLS."""
    CALLS.append(list(dataset.ids))
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    items = dataset.__getitems__(range(len(dataset)))
    x, y, ids = torch.stack([item[0] for item in items]), torch.tensor([item[1] for item in items]), dataset.ids
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for epoch in range(6):
        with recorder.epoch(epoch):
            for index in torch.randperm(len(x), generator=torch.Generator().manual_seed(seed + epoch)).split(64):
                logits = net(x[index])
                recorder.log([ids[i] for i in index.tolist()], logits, y[index])
                optimizer.zero_grad()
                F.cross_entropy(logits, y[index]).backward()
                optimizer.step()
    return net


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    pixels, target = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("folds") / "digits.npz"
    n = len(target)
    labels = target[:n].astype(np.int64)
    is_flipped = np.arange(n) % 20 == 0
    labels = np.where(is_flipped, (labels + 3) % 10, labels)
    images = (pixels[:n].reshape(-1, 8, 8) * 15).astype(np.uint8)
    np.savez(path, images=images, labels=labels, planted_flip=is_flipped)
    return path


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    CALLS.clear()
    return hem_core.score(None, data, train=train, oos=5, out=tmp_path_factory.mktemp("w") / "run", has_map=False)


def test_one_training_on_everything_and_one_without_each_fold(run):
    everything, *folds = CALLS
    assert len(everything) == 1797
    assert len(folds) == 5
    seen = np.array([[id in set(ids) for ids in folds] for id in everything])
    is_probed = (~seen).sum(axis=1) - 1  # out of its own fold's training, and where a probe was in its place
    assert (seen.sum(axis=1) + is_probed == 4).all()
    assert 0 < is_probed.sum() == sum(id.startswith("hem:planted:") for ids in folds for id in ids)
    assert is_probed.max() == 1


def test_the_columns_are_of_models_that_had_not_seen_the_example(run):
    table = run.table()
    assert run.info["sample"] == "out-of-sample"
    assert run.info["oos"]["how"] == "folds"
    assert run.info["oos"]["in_sample_accuracy"] > run.info["oos"]["accuracy"] == run.info["metrics"][0]["value"]
    assert table["is_correct"].mean() == pytest.approx(run.info["metrics"][0]["value"])
    assert table["is_correct"][table["planted_flip"]].mean() < 0.1  # nobody learned a wrong label by heart
    assert "grand_last_layer" not in table  # it speaks of one model, and here are three
    assert table["error_prob"].between(0, 1).all()
    assert (table["error_prob_low"] <= table["error_prob"]).all()
    assert table["error_prob"][table["planted_flip"]].mean() > 0.7
    assert abs(table["error_prob"].mean() - (1 - run.info["metrics"][0]["value"])) < 0.03  # calibrated as a whole


def test_reasons_are_calibrated_and_no_probe_is_in_any_table(run):
    reasons = run.info["reasons"]
    assert reasons["how"] == "calibrated"
    assert reasons["is_trusted"]
    assert reasons["auroc"] > 0.9
    table = run.table()
    assert len(table) == 1797
    probs = np.stack(pq.read_table(run.folder / "scores.parquet")["reason_probs"].to_pylist())
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-4)
    is_named = (table["reason"] != "unsure").to_numpy()
    own = [
        row[reasons["kinds"].index(name)] for row, name in zip(probs[is_named], table["reason"][is_named], strict=True)
    ]
    assert own == table["reason_prob"][is_named].tolist()
    for name in ("scores", "catalog", "dynamics", "failures", "slices"):
        file = pd.read_parquet(run.folder / f"{name}.parquet")
        assert not file.astype(str).apply(lambda column: column.str.contains("hem:planted")).to_numpy().any()
    found = table["reason"] == "mislabelled"
    assert table["planted_flip"][found].mean() > 0.9
    assert found[table["planted_flip"]].mean() > 0.6


def test_the_same_call_trains_nothing_again(run, data):
    CALLS.clear()
    again = hem_core.score(None, data, train=train, oos=5, out=run.folder, has_map=False)
    assert again.fingerprint == run.fingerprint
    assert CALLS == []
    with pytest.raises(RunError, match="another model, data or parameters"):
        hem_core.score(None, data, train=train, oos=4, out=run.folder, has_map=False)


def test_a_fold_that_fails_leaves_the_finished_ones(data, tmp_path):
    def failing(dataset, *, seed, recorder):
        if len(CALLS) == 2:
            raise ValueError("out of luck")
        return train(dataset, seed=seed, recorder=recorder)

    CALLS.clear()
    with pytest.raises(ModelError, match=r"fold 2 of 5.*ValueError: out of luck"):
        hem_core.score(None, data, train=failing, oos=5, out=tmp_path / "run", has_map=False)
    assert (tmp_path / "run" / "out_of_sample" / "fold_0.npz").exists()
    with pytest.raises(ModelError, match=r"fold 2 of 5"):  # goes on there: neither trains everything nor fold 1 again
        hem_core.score(None, data, train=failing, oos=5, out=tmp_path / "run", has_map=False)
    assert len(CALLS) == 2


def test_folds_without_a_train_function_are_refused(data, tmp_path):
    with pytest.raises(ModelError, match=r"--train package\.module:train"):
        hem_core.score("demo_models.digits:model", data, oos=5, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_with_few_examples_the_rules_stand_and_the_badge_is_of_flips(data, tmp_path):
    with np.load(data) as whole:
        np.savez(tmp_path / "few.npz", images=whole["images"][:600], labels=whole["labels"][:600])
    few = hem_core.score(None, tmp_path / "few.npz", train=train, oos=3, out=tmp_path / "run", has_map=False)
    reasons = few.info["reasons"]
    assert reasons["how"] == "rules"
    assert reasons["note"].startswith("Too few examples (600; some 1,400 are needed)")
    assert reasons["auroc"] > 0.8
    assert "reason_prob" not in few.table()
    assert not few.table()["id"].str.startswith("hem:planted").any()
