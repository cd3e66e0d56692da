"""Loops that are counted before they train, stop in time, and begin from other seeds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from hem_core.errors import DataError, HemError
from hem_core.loop.dry_run import dry_run
from hem_core.loop.loop import loop
from hem_core.loop.settings import Settings
from hem_core.runs.options import Options

pytestmark = pytest.mark.slow

ASKED = {"start": 10, "add": 6, "rounds": 2, "seeds": 2}
COLUMNS = Options(columns={"feature_columns": "x,y"})


@pytest.fixture
def table(tmp_path):
    points = np.random.default_rng(0).normal(size=(160, 2))
    labels = np.where(points.sum(axis=1) > 0, "up", "down")
    path = tmp_path / "points.csv"
    ids = [f"row-{k:03d}" for k in range(160)]
    pd.DataFrame({"id": ids, "x": points[:, 0], "y": points[:, 1], "label": labels}).to_csv(path, index=False)
    return path


def line(dataset, seed, device):
    assert device == "cpu"
    return LogisticRegression(max_iter=50, random_state=seed).fit(dataset.frame(), dataset.targets)


def run(table, out, **more):
    options = Options(columns=COLUMNS.columns, device="cpu")
    return loop(table, train=line, out=out, settings=Settings(**(ASKED | more)), options=options)


def test_a_dry_run_counts_what_the_loop_then_trains_and_writes_nothing(table, tmp_path):
    asked = {"train": line, "out": tmp_path / "work", "settings": Settings(**ASKED), "options": COLUMNS}
    before = dry_run(table, **asked)
    assert before.arms == {"start": 2, "mined": 4, "random": 4, "all": 2}
    assert (before.n_trainings, before.n_done, before.seconds_left) == (12, 0, None)
    assert not (tmp_path / "work").exists()
    found = run(table, tmp_path / "work")
    assert len(list(found.folder.glob("arms/*/*.npz"))) == 12
    after = dry_run(table, **asked)
    assert (after.n_done, after.seconds_left, after.name) == (12, 0, found.folder.name)
    assert after.seconds_each > 0


def test_a_dry_run_refuses_a_pool_that_is_too_small(table, tmp_path):
    settings = Settings(**(ASKED | {"add": 500}))
    with pytest.raises(DataError, match="lower --start, --add or --rounds"):
        dry_run(table, train=line, out=tmp_path / "work", settings=settings, options=COLUMNS)


def test_a_budget_ends_a_loop_between_two_trainings_and_the_same_call_resumes(table, tmp_path):
    stopped = run(table, tmp_path / "work", budget=1e-3)
    assert stopped.report is None
    assert stopped.waits_for.splitlines()[-1] == "Run the same command to resume."
    whole = run(table, tmp_path / "work", budget=600)
    assert whole.folder == stopped.folder
    assert whole.report is not None


def test_another_first_seed_begins_from_another_start(table, tmp_path):
    found = run(table, tmp_path / "work", seed=5, seeds=1)
    names = sorted(path.name for path in (found.folder / "arms" / "start").glob("*.npz"))
    assert names == ["seed_5_round_0.npz"]
    assert found.report["set"]["n"] == 22
    with pytest.raises(HemError, match="--seed expects a number from 0 on"):
        Settings(seed=-1)


def test_a_test_file_of_other_classes_is_refused_with_both_lists(table, tmp_path):
    other = pd.read_csv(table).assign(id=lambda frame: "t" + frame["id"])
    other.loc[:39, "label"] = "left"
    other.to_csv(tmp_path / "test.csv", index=False)
    words = r"40 of 160 labels in '.*test.csv' are none of the 2 classes \(down, up\): 'left' \(40\)"
    asked = {"settings": Settings(**ASKED), "options": COLUMNS, "test": tmp_path / "test.csv"}
    with pytest.raises(DataError, match=words):
        loop(table, train=line, out=tmp_path / "w", **asked)
