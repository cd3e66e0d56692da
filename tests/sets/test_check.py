"""hem check: a model with a number for each row that says how even it is, and weights that err where told to."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from torch import nn

import hem_core
from hem_core.errors import DataError, ModelError, RunError
from hem_core.sets.check import check
from hem_core.sets.export_set import export_set
from hem_core.store import sets

pytestmark = pytest.mark.slow

SOURCE = '''
import torch
from torch import nn

class Net(nn.Module):
    """Rows 0 to 9 of one feature; logits of odd and of even."""

    def __init__(self):
        super().__init__()
        self.score = nn.Parameter(torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1, 1, -1]))

    def forward(self, rows):
        scores = self.score[rows[:, 0].long()]
        return torch.stack([-scores, scores], dim=1)

def build():
    return Net()

def three():
    return nn.Sequential(nn.Linear(1, 3))

def train(dataset, seed=0):
    return Net()
'''
LABELS = ["even", "odd"] * 5
QUICK = {"has_map": False, "has_probes": False, "layer": "none", "oos": "none"}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Ten rows of which the stored run gets 0 alone wrong; the set: 0, 1, 2, 3."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    sys.modules.pop("nets_of_check", None)
    Path("nets_of_check.py").write_text(SOURCE)
    pd.DataFrame({"id": [f"r{k}" for k in range(10)], "place": range(10), "label": LABELS}).to_csv("rows.csv")
    weights("stored.safetensors", wrong=[0])
    run = hem_core.score(
        "nets_of_check:build", "rows.csv", out="work/runs/first", weights="stored.safetensors",
        classes=["odd", "even"], columns={"feature_columns": "place"}, **QUICK,
    )  # fmt: skip
    chosen = run.table().iloc[:4]
    sets.save("work", "hard", chosen, {"run": "first", "run_fingerprint": run.fingerprint})
    return tmp_path / "work"


def weights(name, wrong):
    signs = torch.tensor([1.0, -1] * 5)
    signs[wrong] *= -1
    if name.endswith(".pt"):
        torch.save({"score": signs}, name)
    else:
        save_file({"score": signs}, name)
    return name


def hem(*words, cwd):
    code = f"import sys; sys.argv = ['hem', *{[str(word) for word in words]}]; from hem_core.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


def test_as_many_failures_pass_and_the_ids_that_moved_are_named(workspace):
    done = check(workspace, "hard", weights("new.safetensors", wrong=[3, 9]))
    assert (done.n_checked, done.failed_before, done.failed_now, done.is_passed) == (4, 1, 1, True)
    assert [(each.id, each.label, each.predicted) for each in done.newly_failing] == [("r3", "odd", "even")]
    assert done.fixed == ["r0"]


@pytest.mark.parametrize("name", ["new.pt", "new.safetensors"])
def test_one_more_failure_fails(workspace, name):
    done = check(workspace, "hard_v1", weights(name, wrong=[1, 3]))
    assert (done.failed_before, done.failed_now, done.is_passed) == (1, 2, False)
    assert done.to_json()["passed"] is False


def test_a_factory_a_module_and_an_estimator_are_checked_too(workspace):
    assert check(workspace, "hard", "nets_of_check:build").failed_now == 0
    assert check(workspace, "hard", "nets_of_check:build", weights=weights("a.pt", wrong=[0])).failed_now == 1
    always_even = nn.Sequential(nn.Linear(1, 2))
    with torch.no_grad():
        always_even[0].weight.zero_()
        always_even[0].bias.copy_(torch.tensor([0.0, 2.0]))
    always_even.train()
    assert [each.id for each in check(workspace, "hard", always_even).newly_failing] == ["r1", "r3"]
    assert always_even.training
    rows = pd.DataFrame({"place": np.arange(10.0)})
    # Sorted names, even first, where the run has odd first: the estimator itself says which output is which.
    own = LogisticRegression(C=1e6).fit(rows, ["even" if k < 1 else "odd" for k in range(10)])
    assert [each.id for each in check(workspace, "hard", own).newly_failing] == ["r2"]


def test_corrected_labels_are_what_is_right(workspace):
    examples, manifest = sets.load(workspace, "hard")
    sets.save(workspace, "hard", examples.assign(label_before=examples["label"], label="odd"), manifest)
    done = check(workspace, "hard", "nets_of_check:build")
    assert (done.version, done.failed_before, done.failed_now) == (2, 1, 2)
    assert check(workspace, "hard", "nets_of_check:build", version=1).failed_now == 0


def test_what_changed_or_is_gone_is_said_and_not_counted(workspace):
    catalog = workspace / "runs" / "first" / "catalog.parquet"
    table = pd.read_parquet(catalog)
    table.loc[1, "place"] = 8  # the content is not that which was scored
    table.loc[2, "place"] = np.inf
    table.drop(index=3).to_parquet(catalog)
    done = check(workspace, "hard", weights("new.safetensors", wrong=[0]))
    assert (done.n, done.n_checked, done.changed) == (4, 1, ["r1"])
    assert done.unreadable == {"r2": "feature 'place' is infinite or too large", "r3": "not in the data of the run"}
    table.assign(place=8.0).to_parquet(catalog)
    with pytest.raises(DataError, match=r"nothing of set 'hard' v1 can be checked: .* have changed"):
        check(workspace, "hard", "nets_of_check:build")


def test_a_nan_is_a_failure(workspace):
    save_file({"score": torch.full((10,), torch.nan)}, "nan.safetensors")
    done = check(workspace, "hard", "nan.safetensors")
    assert (done.failed_now, {each.predicted for each in done.newly_failing}) == (4, {""})


def test_what_does_not_fit_says_what_to_do(workspace):
    with pytest.raises(DataError, match="no set 'soft'"):
        check(workspace, "soft", "nets_of_check:build")
    with pytest.raises(ModelError, match=r"3 outputs and run 'first' has 2 classes \(odd, even …\)"):
        check(workspace, "hard", "nets_of_check:three")
    with pytest.raises(ModelError, match=r"no weights at 'gone.pt' \(the factory is the one that run 'first' names"):
        check(workspace, "hard", "gone.pt")
    examples, manifest = sets.load(workspace, "hard")
    sets.save(workspace, "lost", examples, {**manifest, "run": "gone", "run_fingerprint": "of none"})
    with pytest.raises(RunError, match=r"the run 'gone' that this set was made from is not in .*runs there: first"):
        check(workspace, "lost", "nets_of_check:build")
    run_json = workspace / "runs" / "first" / "run.json"
    info = json.loads(run_json.read_text())
    run_json.write_text(json.dumps({**info, "model": {**info["model"], "name": "Sequential"}}))
    with pytest.raises(
        ModelError, match=r"does not say how its model is built \(it names 'Sequential'\); pass --model"
    ):
        check(workspace, "hard", weights("new.pt", wrong=[]))
    run_json.write_text(json.dumps({**info, "model": {**info["model"], "name": "nets_of_check:train"}}))
    with pytest.raises(ModelError, match=r"'nets_of_check:train' .*argument: 'dataset' .* pass --model package.module"):
        check(workspace, "hard", "new.pt")
    run_json.write_text(json.dumps({**info, "data": {**info["data"], "medium": "dataset"}}))
    with pytest.raises(DataError, match="was made from a torch Dataset: no file holds its examples"):
        check(workspace, "hard", "nets_of_check:build")


def test_pictures_of_an_array_are_read_alone_wherever_they_lie(tmp_path, digits_npz, model):
    run = hem_core.score(model, digits_npz, out=tmp_path / "work" / "runs" / "digits", **QUICK)
    chosen = run.table().iloc[[390, 3, 4, 200]]
    sets.save(tmp_path / "work", "few", chosen, {"run": "digits", "run_fingerprint": run.fingerprint})
    done = check(tmp_path / "work", "few", model, batch_size=3)
    assert (done.n_checked, done.changed, done.newly_failing, done.fixed) == (4, [], [], [])
    assert export_set(tmp_path / "work", "few", 1, tmp_path / "out", ["coco"]).is_dir()


def test_the_command_s_exit_code_is_for_ci(workspace):
    passed = hem("check", "work", "--set", "hard", "--model", weights("ok.pt", wrong=[2]), cwd=workspace.parent)
    assert (passed.returncode, "1 fail, 1 failed before; 1 newly, 1 fixed" in passed.stderr) == (0, True), passed.stderr
    assert "r2\teven\todd" in passed.stdout
    words = ("check", "work", "--set", "hard_v1", "--model", weights("bad.pt", wrong=[1, 2]), "--json")
    failed = hem(*words, cwd=workspace.parent)
    found = json.loads(failed.stdout)
    assert (failed.returncode, found["passed"], found["failed_now"]) == (1, False, 2)
    assert [each["id"] for each in found["newly_failing"]] == ["r1", "r2"]
    misuse = hem("check", "work", "--set", "soft", "--model", "bad.pt", cwd=workspace.parent)
    assert (misuse.returncode, misuse.stderr.count("\n")) == (2, 1)
    assert hem("check", "work", "--model", "bad.pt", cwd=workspace.parent).returncode == 2
