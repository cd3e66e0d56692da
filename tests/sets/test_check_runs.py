"""A run of a detector against the one before it: exit codes, boxes and slices that regressed."""

import json

import pytest
import scenes
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

import hem_core
from hem_core.cli import hem
from hem_core.errors import DataError
from hem_core.sets import check_runs as checked
from hem_core.sets.check_model import check_model
from hem_core.sets.check_runs import check_runs
from hem_core.sets.opened_set import open_set
from hem_core.sets.select import save, select


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return scenes.two_runs(tmp_path_factory.mktemp("boxes"))


@pytest.fixture
def runs(workspace):
    return [hem_core.open_run(workspace / "runs" / name) for name in ("first", "later")]


def test_boxes_are_counted_and_the_headline_has_its_paired_interval(runs):
    found = check_runs(*runs)
    assert (found.level, found.n_examples, found.n_checked) == ("boxes", 7, 9)
    assert (found.failed_before, found.failed_now) == (5, 4)
    assert {(each.id, each.before, each.after) for each in found.newly_failing} == {
        ("right.png#g1", "right", "missed"),
        ("empty.png#p1", "nothing", "false positive"),
    }
    assert {each.id for each in found.fixed} == {"missed.png#g1", "false.png#p1 (before)", "right.png#p2 (before)"}
    head = found.measures[0]
    assert head.low <= head.difference <= head.high
    assert found.is_passed


@pytest.mark.slow
def test_the_same_run_passes_and_a_blind_one_fails(runs, tmp_path):
    assert check_runs(runs[0], runs[0]).is_passed
    data = runs[0].folder.parents[2] / "data"
    right = {
        name: [(k, *box, 0.9) for k, *box, is_crowd in some if not is_crowd] for name, some in scenes.GIVEN.items()
    }
    scored = {}
    for name, boxes in (("right", right), ("blind", {"empty.png": [(0, 1, 1, 5, 5, 0.1)]})):
        (tmp_path / f"{name}.json").write_text(json.dumps(scenes.results(boxes)))
        where = {"images": data / "photos", "predictions": tmp_path / f"{name}.json", "name": "scenes"}
        scored[name] = hem_core.score(None, data / "annotations.json", out=tmp_path / name, **where)
    found = check_runs(scored["right"], scored["blind"])
    assert found.measures[0].is_worse
    assert not found.is_passed
    assert check_runs(scored["blind"], scored["right"]).is_passed


def test_a_slice_that_regresses_by_more_than_chance_fails_the_check():
    clear = checked._clear([("size is small", 40, 0, 12), ("size is large", 40, 6, 7), ("camera is north", 40, 12, 0)])
    assert [(each.name, each.regressed) for each in clear] == [("size is small", 12)]
    assert clear[0].p == pytest.approx(3 * 2 / 2**12)  # exact McNemar, times three slices


def test_runs_over_other_data_are_refused(runs):
    other = hem_core.open_run(runs[1].folder)
    other.info["data"] = {**other.info["data"], "name": "other"}
    with pytest.raises(DataError, match="check runs over the same data: score with the same --name"):
        check_runs(runs[0], other)


def test_a_file_of_predictions_is_checked_on_the_images_of_a_set_of_boxes(workspace, runs):
    level = runs[0].level("boxes")
    chosen = select(level, n=1, policies=["top"], rule={"all": [{"column": "example", "in": ["missed.png"]}]})
    save(workspace, "hard", level, chosen, made_by="a test")
    found = check_model(open_set(workspace, "hard"), None, predictions=workspace.parent / "data" / "later.json")
    assert (found.n_examples, found.n_checked, found.failed_before, found.failed_now) == (1, 1, 1, 0)
    assert found.measures[0].difference == pytest.approx(1)
    assert sorted(path.name for path in (workspace / "runs").iterdir()) == ["first", "later"]


def test_a_file_of_weights_goes_with_the_factory_of_the_run_where_labels_are_sets_of_tags(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "net_of_tags.py").write_text("from torch import nn\n\n\ndef build():\n    return nn.Linear(2, 2)\n")
    rows = [f"r{k},{k % 2},{k // 2 % 2},{'|'.join(['p'] * (k % 2) + ['q'] * (k // 2 % 2))}" for k in range(8)]
    (tmp_path / "rows.csv").write_text("\n".join(["id,a,b,labels", *rows]) + "\n")
    right = torch.tensor([[8.0, 0], [0, 8]])  # p goes with a, q with b
    for name, weight in (("right", right), ("swapped", right.flip(0))):
        save_file({"weight": weight.contiguous(), "bias": torch.full((2,), -4.0)}, tmp_path / f"{name}.safetensors")
    options = {"task": "multilabel", "columns": {"feature_columns": "a,b"}, "has_map": False, "layer": "none"}
    weights = tmp_path / "right.safetensors"
    run = hem_core.score(
        "net_of_tags:build", tmp_path / "rows.csv", out=tmp_path / "w/runs/r", weights=weights, **options
    )
    save(tmp_path / "w", "hard", run.level(), select(run.level(), n=8, policies=["top"]), made_by="a test")
    opened = open_set(tmp_path / "w", "hard")
    assert check_model(opened, str(weights)).is_passed
    assert not check_model(opened, str(tmp_path / "swapped.safetensors")).is_passed


def test_the_command_exits_with_1_when_the_run_is_worse(workspace):
    words = ["check", str(workspace), "--run", "later", "--against", "first"]
    done = CliRunner().invoke(hem, words)
    assert done.exit_code == 0, done.output
    assert "mAP50" in done.stderr
    found = json.loads(CliRunner().invoke(hem, [*words, "--json"]).stdout)
    assert found["passed"]
    assert found["measures"][0]["measure"]["name"] == "mAP50"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expects one of --model, --run and --predictions; got none"),
        (["--run", "later"], "name it with --against"),
        (["--model", "a:b", "--against", "first"], "--against goes with --run"),
        (["--model", "a:b"], "--set names what is checked"),
    ],
)
def test_what_does_not_fit_together_is_refused(workspace, words, message):
    done = CliRunner().invoke(hem, ["check", str(workspace), *words])
    assert done.exit_code != 0
    assert message in str(done.exception) + done.output
