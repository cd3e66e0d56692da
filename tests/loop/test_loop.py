"""Whole loops on small tables: mined, killed, continued, and with people in between."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from hem_core.cli.loop import _options
from hem_core.errors import DataError, HemError, RunError
from hem_core.labels.import_labels import import_labels
from hem_core.loop.loop import loop
from hem_core.loop.settings import Settings
from hem_core.runs.options import Options
from hem_core.store import sets
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.slow

SMALL = Settings(start=10, add=6, rounds=2, seeds=2)
COLUMNS = Options(columns={"feature_columns": "x,y"})


def rows(n=160, seed=0):
    """Two classes that a line parts, `up` above the diagonal."""
    chance = np.random.default_rng(seed)
    points = chance.normal(size=(n, 2)).round(3)
    labels = np.where(points.sum(axis=1) > 0, "up", "down")
    return pd.DataFrame(
        {"id": [f"row-{k:03d}" for k in range(n)], "x": points[:, 0], "y": points[:, 1], "label": labels}
    )


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "points.csv"
    rows().to_csv(path, index=False)
    return path


def line(dataset, seed):
    return LogisticRegression(max_iter=50, random_state=seed).fit(dataset.frame(), dataset.targets)


def run(table, out, settings=SMALL, **more):
    return loop(table, train=line, out=out, settings=settings, options=COLUMNS, **more)


def test_a_loop_compares_mined_with_as_many_random_additions_and_with_all_data(table, tmp_path):
    found = run(table, tmp_path / "work")
    points = pd.read_parquet(found.folder / "report.parquet")
    sizes = points.groupby(["arm", "round"])["n"].unique().map(list).to_dict()
    assert sizes == {
        ("start", 0): [10],
        ("mined", 1): [16],
        ("mined", 2): [22],
        ("random", 1): [16],
        ("random", 2): [22],
        ("all", 2): [128],
    }
    assert len(points) == 2 * 6
    assert found.report["verdict"]["word"] in ("mining beats random", "random beats mining", "no difference shown")
    assert [entry["round"] for entry in found.report["against_random"]] == [1, 2, "mean of rounds"]
    assert "<svg" in (found.folder / "report.html").read_text()
    assert "http" not in (found.folder / "report.html").read_text().replace("http://www.w3.org/2000/svg", "")


def test_the_picks_are_close_calls_and_what_was_trained_on_is_a_set(table, tmp_path):
    found = run(table, tmp_path / "work")
    with np.load(found.folder / "arms" / "start" / "seed_0_round_0.npz") as said:
        picked = said["top2_gap"][np.isin(said["pool_rows"], said["picks"])]
        assert picked.min() > np.median(said["top2_gap"])
        assert not np.isin(said["picks"], said["rows"]).any()
    examples, manifest = sets.load(tmp_path / "work", "points-mined")
    assert examples["round"].value_counts().to_dict() == {0: 10, 1: 6, 2: 6}
    assert set(examples.loc[examples["round"] > 0, "picked_by"]) == {"margin"}
    assert manifest["made_by"] == "hem loop"
    assert (examples["label"] == examples["label_before"]).all()


def test_the_same_call_again_trains_nothing_and_more_seeds_go_on(table, tmp_path):
    trained = []

    def counted(dataset, seed):
        trained.append((seed, len(dataset)))
        return line(dataset, seed)

    def again(seeds):
        settings = Settings(10, 6, 1, seeds)
        return loop(table, train=counted, out=tmp_path / "work", settings=settings, options=COLUMNS)

    again(1)
    first = list(trained)
    assert sorted(first) == [(0, 10), (0, 16), (0, 16), (0, 128)]
    folder = again(1).folder
    assert trained == first
    assert again(2).folder == folder
    assert sorted(trained[4:]) == [(1, 10), (1, 16), (1, 16), (1, 128)]
    assert sets.versions(tmp_path / "work", "points-mined") == [1]


def test_other_settings_are_another_loop(table, tmp_path):
    first = run(table, tmp_path / "work", Settings(10, 6, 1, 1))
    second = run(table, tmp_path / "work", Settings(10, 7, 1, 1))
    assert [first.folder.name, second.folder.name] == ["points", "points-2"]
    with pytest.raises(RunError, match="pass another --name"):
        run(table, tmp_path / "work", Settings(10, 8, 1, 1), name="points")


def test_a_test_file_a_split_column_and_a_pool_too_small(table, tmp_path):
    rows(40, seed=1).to_csv(tmp_path / "test.csv", index=False)
    assert run(table, tmp_path / "a", test=str(tmp_path / "test.csv")).report["test"]["how"] == "file"
    with pytest.raises(DataError, match="the pool itself"):
        run(table, tmp_path / "b", test=str(table))
    split = rows().assign(split=["test"] * 30 + ["train"] * 130)
    split.to_csv(tmp_path / "split.csv", index=False)
    found = run(tmp_path / "split.csv", tmp_path / "c")
    assert found.report["test"] == {"how": "split", "what": "30 examples whose split is test", "n": 30}
    assert found.report["n_pool"] == 130
    with pytest.raises(DataError, match="it has 128 with a label: lower --start"):
        run(table, tmp_path / "d", Settings(100, 30, 2, 1))


def test_a_verdict_from_before_the_loop_holds_in_every_arm_and_a_later_one_changes_no_past(table, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    tags = open_workspace(work).tags()
    everyone = rows()["id"].tolist()
    tags.add("points", everyone[:40], "outlier", who="ann")
    found = run(table, work)
    assert found.report["n_pool"] < 128
    trained = [np.load(path)["rows"] for path in found.folder.rglob("*.npz")]
    assert np.concatenate(trained).min() >= 40
    before = (found.folder / "report.json").read_bytes()
    tags.add("points", everyone[40:], "outlier", who="ann")
    assert run(table, work).folder == found.folder
    assert (found.folder / "report.json").read_bytes() == before


TRAIN = """
import os, signal
from pathlib import Path
from sklearn.linear_model import LogisticRegression

def train(dataset, seed):
    log = Path("trained.txt")
    with log.open("a") as file:
        file.write(f"{seed} {len(dataset)}\\n")
    if os.environ.get("DIE_AT") == str(len(log.read_text().splitlines())):
        os.kill(os.getpid(), signal.SIGKILL)
    return LogisticRegression(max_iter=50, random_state=seed).fit(dataset.frame(), dataset.targets)
"""


def command(folder, **environment):
    args = "points.csv --train killed_train:train --out work --feature-columns x,y --start 10 --add 6 --rounds 2"
    return subprocess.run(
        [sys.executable, "-c", "from hem_core.cli import main; main()", "loop", *args.split(), "--seeds", "2"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )


def test_a_killed_loop_goes_on_with_the_training_that_was_under_way_to_the_same_bytes(tmp_path):
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
        rows().to_csv(tmp_path / name / "points.csv", index=False)
        (tmp_path / name / "killed_train.py").write_text(textwrap.dedent(TRAIN))
    whole = command(tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    assert command(tmp_path / "killed", DIE_AT="5").returncode == -signal.SIGKILL
    done = command(tmp_path / "killed")
    assert done.returncode == 0, done.stderr
    trained = [(tmp_path / name / "trained.txt").read_text().splitlines() for name in ("killed", "whole")]
    assert len(trained[1]) == 12
    assert len(trained[0]) == 13  # the one that was under way when it was killed
    made = [tmp_path / name / "work" / "loops" / "points" for name in ("killed", "whole")]
    for file in ("report.json", "report.parquet", "report.html"):
        assert (made[0] / file).read_bytes() == (made[1] / file).read_bytes(), file
    assert sets.versions(tmp_path / "killed" / "work", "points-mined") == [1]


def unlabelled(tmp_path):
    """The points, of which only the first 60 have a label; and the right labels of all."""
    right = rows()
    right.assign(label=right["label"].where(right.index < 60)).to_csv(tmp_path / "points.csv", index=False)
    return tmp_path / "points.csv", dict(zip(right["id"], right["label"], strict=True))


def test_picks_wait_for_a_person_and_the_same_call_goes_on(tmp_path):
    path, right = unlabelled(tmp_path)
    work, settings = tmp_path / "work", Settings(10, 6, 2, 1, arms=("mined",), by_person=True)
    first = run(path, work, settings)
    assert first.report is None
    assert "0 of 6 picks have an answer" in first.waits_for
    queue = pd.read_csv(first.folder / "queue-v1" / "examples.csv")
    assert len(queue) == 6
    assert queue["label"].isna().all()
    assert (first.folder / "queue-v1" / "label_studio" / "config.xml").is_file()

    some = queue.assign(label=[right[id] for id in queue["id"]])
    some.loc[4:, "label"] = None
    some.to_csv(tmp_path / "answers.csv", index=False)
    import_labels(tmp_path / "answers.csv", work, who="ann")
    assert "4 of 6 picks have an answer" in run(path, work, settings).waits_for
    assert sets.versions(work, "points-queue") == [1]

    open_workspace(work).tags().add("points", queue["id"].tolist()[4:], "outlier", who="ann")
    second = run(path, work, settings)
    assert "Round 2 waits for a person: 0 of 6" in second.waits_for
    with np.load(first.folder / "arms" / "mined" / "seed_0_round_1.npz") as said:
        assert len(said["rows"]) == 14  # two of the six were ruled out
        assert said["targets"].min() == 0
        assert not set(said["pool_rows"]) & set(said["rows"])
        n_pool = json.loads((second.folder / "plan.json").read_text())["n_pool"]
        assert len(said["pool_rows"]) + len(said["rows"]) == n_pool - 2  # nobody is asked twice

    done = run(path, work, settings, go_on=True)
    assert done.report["verdict"]["word"] == "not compared"
    examples, _manifest = sets.load(work, "points-mined")
    assert all(right[id] == label for id, label in zip(examples["id"], examples["label"], strict=True))
    later = open_workspace(work).tags()
    later.add("points", queue["id"].tolist(), "outlier", who="bob")
    assert json.loads((done.folder / "report.json").read_text()) == run(path, work, settings).report


def test_options_of_policies_come_from_the_command_line():
    assert _options(["top.by=loss", "per_class.least=0.2"]) == {"top": {"by": "loss"}, "per_class": {"least": "0.2"}}
    with pytest.raises(HemError, match=r"policy.option=value, such as top.by=loss; got 'by=loss'"):
        _options(["by=loss"])


def test_both_arms_stand_in_one_queue(tmp_path):
    path, _right = unlabelled(tmp_path)
    settings = Settings(10, 6, 1, 1, arms=("mined", "random"), by_person=True)
    found = run(path, tmp_path / "work", settings)
    queue = pd.read_csv(found.folder / "queue-v1" / "examples.csv")
    assert 6 < len(queue) <= 12
    assert not {"arm", "picked_by"} & set(queue.columns)
