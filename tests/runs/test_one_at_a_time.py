"""Two of the same: whoever scores, refits or mines into a folder that another process is writing is refused."""

import os

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import hem_core
from hem_core.alive import process_of
from hem_core.errors import DataError, TakenError
from hem_core.loop.loop import loop
from hem_core.loop.settings import Settings
from hem_core.runs.options import Options
from hem_core.runs.refit import refit
from hem_core.store.atomic import write_json
from hem_core.store.claim import FILE

PLAIN = {"has_map": False, "has_probes": False, "unit_size": 64, "batch_size": 16}


@pytest.fixture
def predictions(tmp_path):
    """A file of 60 rows of probabilities, which is scored without a model."""
    chance = np.random.default_rng(0)
    table = pd.DataFrame({"id": range(60), "label": np.arange(60) % 2, "probs": list(chance.dirichlet([1, 1], 60))})
    table.to_parquet(tmp_path / "predictions.parquet")
    return tmp_path / "predictions.parquet"


def score(predictions, out, **more):
    return hem_core.score(None, predictions, out=out, **PLAIN, **more)


def taken_by_another(folder):
    """A claim of a living process that is not this one."""
    write_json(folder / FILE, {"pid": os.getppid(), "process": process_of(os.getppid()), "since": 0})
    return f"process {os.getppid()} is working on the "


def test_a_run_that_another_process_scores_is_left_alone(predictions, tmp_path):
    words = taken_by_another(tmp_path / "run")
    with pytest.raises(TakenError, match=f"{words}run '.*run' since"):
        score(predictions, tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == [FILE]
    write_json(tmp_path / "run" / FILE, {"pid": os.getppid(), "process": "1"})  # dead
    assert score(predictions, tmp_path / "run").n == 60
    assert not (tmp_path / "run" / FILE).exists()


def test_a_run_that_is_refitted_is_not_overwritten_nor_one_that_is_scored_refitted(predictions, tmp_path):
    run = score(predictions, tmp_path / "run")
    words = taken_by_another(run.folder)
    with pytest.raises(TakenError, match=words):
        score(predictions, run.folder, overwrite=True, k=3)
    assert hem_core.open_run(run.folder).fingerprint == run.fingerprint
    with pytest.raises(TakenError, match=words):
        refit(run.folder)


def test_a_refused_run_leaves_no_claim_behind(predictions, tmp_path):
    with pytest.raises(DataError):
        score(tmp_path / "gone.parquet", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(hem_core.HemError):
        score(predictions, tmp_path / "other", classes=["one"])
    assert not (tmp_path / "other").exists()
    run = score(predictions, tmp_path / "run")
    with pytest.raises(hem_core.HemError, match="--overwrite"):
        score(predictions, run.folder, k=3)
    assert not (run.folder / FILE).exists()


def fit(dataset):
    return LogisticRegression().fit(dataset.frame(), dataset.targets)


def test_a_loop_that_another_process_runs_is_left_alone(tmp_path):
    chance = np.random.default_rng(0)
    x = chance.normal(size=60)
    pd.DataFrame({"id": range(60), "x": x, "label": np.where(x > 0, "up", "down")}).to_csv(tmp_path / "pool.csv")
    asked = {
        "train": fit,
        "out": tmp_path / "work",
        "settings": Settings(start=10, add=5, rounds=1, seeds=1),
        "options": Options(columns={"feature_columns": "x", "id_column": "id"}),
    }
    folder = tmp_path / "work" / "loops" / "pool"
    words = taken_by_another(folder)
    with pytest.raises(TakenError, match=f"{words}loop 'pool' in '.*work' since"):
        loop(tmp_path / "pool.csv", **asked)
    assert [path.name for path in folder.iterdir()] == [FILE]
    write_json(folder / FILE, {"pid": os.getppid(), "process": "1"})  # dead
    assert loop(tmp_path / "pool.csv", **asked).report is not None
    assert not (folder / FILE).exists()
