"""A finished retraining told to experiment trackers: by their own libraries where installed, without a server."""

import json
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

import hem_core.retrain.loggers
from hem_core.errors import HemError, UnknownNameError
from hem_core.retrain.logged import log_retraining
from hem_core.retrain.loggers._record import metric_name, record_of
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.retrain.stored import Stored
from hem_core.store import sets
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.slow

OURS = Settings(set="hard", train="my_training:train", arms=("control", "curated"), seeds=2, recipe="labels")

MEMO = '''
"""Writes the record down."""
import json, pathlib
PACKAGE = "json"

def log(record):
    path = pathlib.Path(PLACE)
    path.write_text(json.dumps([*json.loads(path.read_text() if path.exists() else "[]"), record.name]))
    if FAILS:
        raise OSError("the server is away")
    return str(path)
'''


@pytest.fixture
def memo(tmp_path, monkeypatch):
    """memo(fails=False): a logger of that name that writes the names of what it logged into a file."""
    home = tmp_path / "loggers"
    home.mkdir()
    monkeypatch.setattr(hem_core.retrain.loggers, "__path__", [*hem_core.retrain.loggers.__path__, str(home)])

    def write(*, fails=False):
        sys.modules.pop("hem_core.retrain.loggers.memo", None)
        text = MEMO.replace("PLACE", repr(str(tmp_path / "memo.json"))).replace("FAILS", repr(fails))
        (home / "memo.py").write_text(textwrap.dedent(text))
        return tmp_path / "memo.json"

    yield write
    sys.modules.pop("hem_core.retrain.loggers.memo", None)


@pytest.fixture(scope="module")
def finished(scored_blobs, tmp_path_factory):
    """A complete retraining, not to be changed."""
    return made_in(scored_blobs, tmp_path_factory.mktemp("finished"))


def made_in(scored_blobs, folder):
    shutil.copytree(scored_blobs / "w", folder / "w")
    info = folder / "w" / "runs" / "blobs" / "run.json"
    info.write_text(info.read_text().replace(str(scored_blobs), str(folder)))
    examples = open_workspace(folder / "w").run("blobs").query(where="label <> true_label").drop(columns="row")
    examples = examples[["id", "label", "true_label"]].assign(label_before=examples["label"])
    sets.save(folder / "w", "hard", examples.assign(label=examples["true_label"]), {"run": "blobs"})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(scored_blobs / "code")
        stored = retrain(folder / "w", OURS)
    sys.modules.pop("my_training", None)
    return stored


def test_a_record_has_every_training_and_means_that_are_theirs(finished):
    record = record_of(finished)
    assert [(each.arm, each.seed) for each in record.trainings] == [
        ("control", 0), ("control", 1), ("curated", 0), ("curated", 1),
    ]  # fmt: skip
    controls = [each.metrics["accuracy"] for each in record.trainings if each.arm == "control"]
    assert record.metrics["control.accuracy"] == pytest.approx(sum(controls) / 2)
    gained = record.metrics["curated.accuracy"] - record.metrics["control.accuracy"]
    assert record.metrics["curated - control.accuracy"] == pytest.approx(gained)
    assert (record.parameters["set"], record.parameters["set_version"]) == ("hard", 1)
    assert record.set_folder is not None
    assert {path.name for path in record.files} >= {"report.html", "plan.json"}


def test_a_measure_gets_a_name_that_every_tracker_takes():
    assert metric_name("1 − error") == "1 - error"
    assert metric_name("AP@50, small") == "AP_50_ small"


def test_a_retraining_is_logged_once_and_again_only_where_it_failed(finished, memo, tmp_path):
    stored = Stored(shutil.copytree(finished.folder, tmp_path / "w" / "retrains" / finished.name))
    path = memo(fails=True)
    with pytest.raises(HemError, match="is complete, and memo could not log it: OSError: the server is away; run the"):
        log_retraining(stored, ["memo"])
    assert stored.logged == {}
    memo()
    for _ in range(2):
        assert log_retraining(stored, ["memo"]) == stored.logged == {"memo": str(path)}
    assert json.loads(path.read_text()) == [stored.name] * 2  # the one that failed, and the one that did not


def test_an_unknown_logger_and_a_missing_package_are_refused_before_anything_is_trained(workspace, memo):
    with pytest.raises(UnknownNameError, match="no logger 'mlfow'; there are: mlflow, wandb"):
        retrain(workspace, OURS, log=["mlfow"])
    memo()
    path = Path(hem_core.retrain.loggers.__path__[-1]) / "memo.py"
    path.write_text(path.read_text().replace('"json"', '"no-such-package"'))
    with pytest.raises(HemError, match="--log memo needs the package no-such-package, which is not installed: pip"):
        retrain(workspace, OURS, log=["memo"])
    assert not (workspace / "retrains").exists()


def test_mlflow_has_a_run_with_the_report_and_the_set_and_one_inside_it_for_each_training(
    finished, tmp_path, monkeypatch
):
    mlflow = pytest.importorskip("mlflow", reason="needs mlflow, which the set-up does not install")
    from hem_core.retrain.loggers import mlflow as ours

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "store").as_uri())
    where = ours.log(record_of(finished))
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("hem")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert parent.info.run_id in where
    assert parent.data.tags["hem.verdict"] == finished.report["verdict"]["word"]
    accuracy = finished.report["table"][0]["arms"]["control"]
    assert parent.data.metrics["control.accuracy"] == pytest.approx(accuracy["mean"])
    inside = {(run.data.params["arm"], run.data.params["seed"]): run for run in runs if run is not parent}
    assert len(inside) == len(runs) - 1 == 4
    assert inside["control", "1"].data.metrics["accuracy"] == pytest.approx(accuracy["per_seed"][1])
    listed = [each.path for each in client.list_artifacts(parent.info.run_id, "report")]
    assert "report/report.html" in listed
    assert client.list_artifacts(parent.info.run_id, "set/hard-v1")


def test_wandb_has_a_run_for_the_retraining_and_one_for_each_training_offline(finished, tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="needs wandb, which the set-up does not install")
    from hem_core.retrain.loggers import wandb as ours

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    ours.log(record_of(finished))
    assert len(list((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))) == 5
