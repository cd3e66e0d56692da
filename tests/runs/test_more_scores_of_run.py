"""Scores that are asked for: the whole network's gradient, and the spread over other runs."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

import hem_core
from hem_core.errors import ModelError, RunError
from hem_core.runs.voted import voted

X = torch.randn(60, 6, generator=torch.Generator().manual_seed(0))
Y = torch.arange(60) % 3


def net(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3))


def scored(model, out, **options):
    given = {"has_map": False, "has_probes": False, "oos": "none", "batch_size": 16} | options
    return hem_core.score(model, TensorDataset(X, Y), out=out, **given)


def test_grand_is_the_length_of_each_example_s_own_gradient(tmp_path):
    model = net(0)
    table = scored(model, tmp_path / "run", has_grand=True).table(["grand", "grand_last_layer"])
    for row in (0, 17, 59):
        model.zero_grad()
        F.cross_entropy(model(X[row : row + 1]), Y[row : row + 1]).backward()
        length = torch.cat([weight.grad.flatten() for weight in model.parameters()]).norm()
        assert table["grand"][row] == pytest.approx(float(length), rel=1e-5)
    assert (table["grand"] > table["grand_last_layer"]).all()
    model.zero_grad()


def test_a_layer_without_an_exact_form_is_named(tmp_path):
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.memory, self.head = nn.LSTM(6, 8, batch_first=True), nn.Linear(8, 3)

        def forward(self, x):
            return self.head(self.memory(x[:, None])[0][:, 0])

    with pytest.raises(ModelError, match=r"memory.*grand_last_layer"):
        scored(Recurrent(), tmp_path / "run", has_grand=True)
    assert not (tmp_path / "run").exists()
    assert "grand" not in scored(Recurrent(), tmp_path / "run").table()


def test_the_spread_over_runs_is_the_deviation_of_the_label_s_probability(tmp_path):
    runs = [scored(net(seed), tmp_path / f"run{seed}", overwrite=True) for seed in (0, 1)]
    third = scored(net(2), tmp_path / "run2", beside=[run.folder for run in runs])
    members = np.stack([run.table(["label_prob"])["label_prob"] for run in (*runs, third)])
    np.testing.assert_allclose(third.table(["ensemble_spread"])["ensemble_spread"], members.std(axis=0), atol=1e-6)


def test_the_headlines_are_of_the_mean_of_all_models(tmp_path):
    given = {"sample": "out-of-sample", "layer": "none"}
    runs = [scored(net(seed), tmp_path / f"run{seed}", **given) for seed in (0, 1)]
    both = scored(net(1), tmp_path / "both", beside=[runs[0].folder], **given)
    with torch.no_grad():
        mean = torch.stack([net(seed)(X).softmax(dim=1) for seed in (0, 1)]).mean(dim=0)
    own = mean[range(60), Y]
    others = mean.scatter(1, Y[:, None], 0).amax(dim=1)
    for headline, score in (("difficulty", -own.log()), ("label_suspicion", (others / own).log())):
        wanted = score.argsort().argsort().add(1).tolist()
        assert both.table()[headline].rank().tolist() == pytest.approx(wanted, abs=1)
        assert both.info["headline"][headline].endswith("averaged with the runs beside it")
    loss = [run.table()["loss"].tolist() for run in (both, runs[1])]
    assert loss[0] == pytest.approx(loss[1], abs=1e-6)  # the model's own scores stay its own


def test_a_model_that_may_know_the_examples_has_no_vote_beside_one_that_does_not(tmp_path):
    knows = scored(net(0), tmp_path / "knows", sample="in-sample", layer="none")
    given = {"sample": "out-of-sample", "layer": "none"}
    alone = scored(net(1), tmp_path / "alone", **given)
    beside = scored(net(1), tmp_path / "beside", beside=[knows.folder], **given)
    assert beside.table()["difficulty"].tolist() == alone.table()["difficulty"].tolist()
    assert "averaged" not in beside.info["headline"]["difficulty"]
    assert any("do not count for the headlines" in note for note in beside.info["notes"])


def test_a_class_that_only_the_run_beside_knows_is_no_class_of_this_one(tmp_path):
    """Class 3 of the other run, its least likely, is none of these; it must not pass for the last class, 2."""
    narrow, wide = net(0), net(0)
    wide[3] = nn.Linear(8, 4)
    with torch.no_grad():
        wide[3].weight[:3], wide[3].bias[:3] = narrow[3].weight, narrow[3].bias
        wide[3].weight[3], wide[3].bias[3] = 0, -6
    given = {"sample": "out-of-sample", "layer": "none"}
    other = scored(wide, tmp_path / "wide", **given, classes=["0", "1", "2", "3"])
    run = scored(narrow, tmp_path / "narrow", beside=[other.folder], **given, classes=["0", "1", "2"])
    with torch.no_grad():
        mean = (narrow(X).softmax(dim=1) + wide(X).softmax(dim=1)[:, :3]) / 2
    ratio = mean.scatter(1, Y[:, None], 0).amax(dim=1) / mean[range(60), Y]
    assert run.table()["label_suspicion"].rank().tolist() == pytest.approx(
        ratio.argsort().argsort().add(1).tolist(), abs=1
    )


def test_a_run_that_gave_other_labels_is_refused_before_anything_is_scored(tmp_path):
    other = scored(net(0), tmp_path / "other", classes=["a", "b", "c"])
    with pytest.raises(RunError, match=r"is 'a' there and '0' here.*the same class names"):
        scored(net(1), tmp_path / "run", beside=[other.folder])
    assert not (tmp_path / "run").exists()
    wrong = TensorDataset(X, (Y + 1) % 3)
    few = hem_core.score(net(0), wrong, out=tmp_path / "wrong", has_map=False, has_probes=False)
    with pytest.raises(RunError, match="gives none of these examples"):
        scored(net(1), tmp_path / "run", beside=[few.folder])


def test_a_run_that_agrees_on_no_example_that_could_be_read_does_not_count(tmp_path):
    other = scored(net(0), tmp_path / "other", sample="out-of-sample", layer="none")
    columns = {"target": np.array([2]), "top_classes": np.array([[0, 1, 2]]), "label_prob": np.array([0.1])}
    columns |= {"top_probs": np.array([[0.6, 0.3, 0.1]])}
    ids = other.table(["id"])["id"].tolist()[:1]
    assert voted(ids, columns, ["0", "1", "2"], "out-of-sample", [other.folder]) == {}


def test_a_run_on_other_data_is_refused_beside_this_one(tmp_path):
    other = TensorDataset(X, Y)
    other.ids = [f"other-{row}" for row in range(60)]
    given = {"has_map": False, "has_probes": False}
    hem_core.score(net(0), other, out=tmp_path / "other", **given)
    with pytest.raises(RunError, match="no id of the run"):
        scored(net(1), tmp_path / "run", beside=[tmp_path / "other"])
