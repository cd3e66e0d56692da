"""A workspace of version 0.1, without `error`, `given` and `metrics`: a head judges `seen`, the model `plain`."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hem_core.runs.measured import measured
from hem_core.sets.export_set import export_set
from hem_core.sets.select import select
from hem_core.store import definitions, numbers
from hem_core.store.metrics import metrics_of
from hem_core.store.run import open_run
from hem_core.store.source import open_source
from hem_core.store.summary import per_class

OLD = Path(__file__).parents[1] / "data" / "version_0_1"


@pytest.fixture
def old(tmp_path):
    """A copy of the workspace, which may be written to."""
    return Path(shutil.copytree(OLD, tmp_path / "w"))


@pytest.mark.parametrize("name", ["seen", "plain"])
def test_error_and_given_are_made_from_what_is_stored(old, name):
    run = open_run(old / "runs" / name)
    assert not {"error", "given"} & set(open_source(run.folder).columns) - set(run.source.columns)
    table = run.table(["label", "given", "predicted", "error", "is_correct"])
    assert table["given"].equals(table["label"].rename("given"))
    np.testing.assert_array_equal(table["error"], (table["label"] != table["predicted"]).astype("float32"))
    np.testing.assert_array_equal(table["error"] == 0, table["is_correct"])


def test_where_a_head_judges_the_model_s_own_errors_stand_beside(old):
    run = open_run(old / "runs" / "seen")
    table = run.table(["error_in_sample", "is_correct_in_sample", "predicted_in_sample", "label"])
    np.testing.assert_array_equal(table["error_in_sample"] == 0, table["is_correct_in_sample"])
    assert table["error_in_sample"].sum() == (table["predicted_in_sample"] != table["label"]).sum() > 0


def test_the_metrics_are_those_that_were_written_and_counted(old):
    run = open_run(old / "runs" / "plain")
    assert "metrics" not in run.info
    (written,), (counted,) = metrics_of(run.info), measured(run.examples)
    assert (written.name, str(written)) == (counted.name, str(counted)) == ("accuracy", "90.0%")
    assert (numbers.count(run.examples, definitions.ERROR), numbers.count(run.examples, definitions.JUDGED)) == (6, 60)
    assert per_class(run.examples)["errors"].sum() == 6


def test_an_old_run_is_selected_from_and_an_old_set_is_exported(old, tmp_path):
    chosen = select(open_run(old / "runs" / "seen").examples, n=5, policies=["top"])
    assert chosen.examples["error"].notna().all()
    export_set(old, "hard", 1, tmp_path / "out", ["csv"])
    assert json.loads((old / "sets" / "hard" / "v1" / "manifest.json").read_text())["run"] == "seen"
    assert any((tmp_path / "out").rglob("*.csv"))
