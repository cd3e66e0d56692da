"""The curve of a real run: trainings that are stored, resumed after a kill, and read without torch."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hem_core.advise import advise
from hem_core.advise.measure import measure, seed_of
from hem_core.advise.trials import read
from hem_core.errors import DataError, HemError

pytestmark = pytest.mark.slow
MAIN = [sys.executable, "-c", "from hem_core.cli import main; main()"]
OTHER = """
from my_advice import train as same


def train(dataset, *, seed=0):
    return same(dataset)
"""


def hem(folder, *words):
    paths = os.pathsep.join([str(folder), *(path for path in sys.path if path)])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*MAIN, *map(str, words)], capture_output=True, text=True, cwd=folder, env=environment)


def trainings(folder):
    return [int(line) for line in (folder / "trainings.log").read_text().splitlines()]


def stored(run):
    return {path.name: path.read_bytes() for path in sorted((run.folder / "advise").iterdir()) if path.is_file()}


def test_the_command_measures_the_curve_and_says_what_more_data_gain(trained, code):
    (code / "trainings.log").unlink()
    done = hem(code, "advise", trained.folder, "--curve", "--labels-per-hour", 200)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split("\t")[2] == "gain of an hour (200 labels), points"
    collect = next(line.split("\t") for line in lines if line.startswith("collect\trandom"))
    assert "from 240 to 440 training examples" in collect[3]
    assert sorted(trainings(code)) == sorted([20, 40, 80, 160] * 3)
    sizes = [line.split("\t")[0] for line in lines if line.endswith("\tmeasured")]
    assert sizes == ["20", "40", "80", "160"]
    again = hem(code, "advise", trained.folder, "--curve", "--json")
    assert len(trainings(code)) == 12  # nothing is trained again
    assert json.loads(again.stdout)["curve"]["sizes"] == [20, 40, 80, 160]


def test_a_kill_costs_one_training_and_the_bytes_are_those_of_an_undisturbed_run(trained, code):
    measure(trained)
    undisturbed = stored(trained)
    for name in undisturbed:
        (trained.folder / "advise" / name).unlink()
    (code / "trainings.log").unlink()
    (code / "stop_at").write_text("6")
    killed = hem(code, "advise", trained.folder, "--curve")
    assert killed.returncode == -signal.SIGKILL
    assert read(trained).sizes.tolist() == [20, 40, 80, 160]  # the fold that is whole counts already
    assert read(trained).n_tested == 80
    (code / "stop_at").unlink()
    assert hem(code, "advise", trained.folder, "--curve").returncode == 0
    assert len(trainings(code)) == 13
    assert stored(trained) == undisturbed


def test_the_error_of_all_examples_is_about_that_of_the_folds(trained):
    measure(trained, has_changes=True)
    found = read(trained)
    assert np.nanmean(found.error[-1]) == pytest.approx(1 - trained.info["oos"]["accuracy"], abs=0.02)
    assert found.error[0].mean() > found.error[-1].mean()
    assert set(found.changed) == {"wrong", "longer", "balanced"}
    known = {one.name for one in advise(trained).actions if one.is_known}
    assert known >= {"collect", "weigh", "train", "stop"}


def test_the_folds_of_a_curve_can_be_fewer(trained):
    measure(trained, folds=1)
    assert read(trained).n_tested == 80


def test_another_function_is_another_curve_and_one_that_takes_no_weights_gets_none(trained, code):
    measure(trained)
    (code / "other_advice.py").write_text(OTHER)
    measure(trained, train="other_advice:train", has_changes=True, folds=1)
    found = read(trained)
    assert found.of == "'other_advice:train'"
    assert set(found.changed) == {"wrong", "longer"}
    assert found.n_tested == 80  # no fold of the first function counts
    sys.modules.pop("other_advice")


def test_a_function_gets_what_every_training_offers(trained, code):
    (code / "asks.py").write_text(
        "from my_advice import train as same\n\n\n"
        "def train(dataset, progress, sampler, loss_fn, recorder, weights, device, seed):\n"
        "    progress(1, 2)\n"
        "    assert sampler is None and loss_fn is None\n"
        "    return same(dataset)\n"
    )
    measure(trained, train="asks:train", folds=1)
    assert read(trained).of == "'asks:train'"
    sys.modules.pop("asks")


def test_a_run_that_is_scored_anew_has_no_curve(trained):
    measure(trained, folds=1)
    info = trained.folder / "run.json"
    info.write_text(info.read_text().replace(trained.fingerprint, "0" * 16))
    from hem_core.store.run import open_run

    assert read(open_run(trained.folder)) is None


def test_no_two_trainings_of_a_curve_share_their_luck():
    trials = ("8", "4", "2", "1", "wrong", "longer", "balanced")
    assert len({seed_of(3, fold, trial) for fold in range(10) for trial in trials}) == 70


def clouds(n):
    draw = np.random.default_rng(1)
    labels = np.array(["a", "b"])[np.arange(n) % 2]
    return labels, draw.normal(size=(n, 8)) + np.where(labels == "a", 0.6, -0.6)[:, None]


def test_linear_heads_stand_in_where_the_embeddings_had_not_seen_the_examples(predicted):
    labels, embedding = clouds(400)
    run = predicted(labels.tolist(), labels.tolist(), embedding=embedding)
    done = hem(Path.cwd(), "advise", run.folder, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["curve"]["is_stand_in"]
    assert found["curve"]["error"][0] > found["curve"]["error"][-1]
    collect = next(one for one in found["actions"] if one["name"] == "collect")
    assert "linear heads on the embeddings (a stand-in for the model)" in collect["evidence"]
    assert collect["gain"] is not None
    assert json.loads(hem(Path.cwd(), "advise", run.folder, "--no-curve", "--json").stdout)["curve"] is not None


def test_without_a_train_function_and_embeddings_there_is_no_curve(predicted):
    run = predicted(["a", "b"] * 50, ["a", "b"] * 50)
    assert advise(run).curve is None
    with pytest.raises(DataError, match=r"has no embeddings to fit heads on; pass --train package\.module:train"):
        measure(run)


def test_too_few_examples_and_tasks_without_classes_are_refused(predicted, tmp_path):
    labels, embedding = clouds(40)
    run = predicted(labels.tolist(), labels.tolist(), embedding=embedding)
    with pytest.raises(HemError, match="32 examples to train on in a fold, too few for a learning curve"):
        measure(run)
    import pandas as pd

    import hem_core

    pd.DataFrame({"id": list("abcd"), "label": [1.0, 2, 3, 4], "prediction": [1.0, 2, 3, 5]}).to_csv(
        tmp_path / "n.csv", index=False
    )
    run = hem_core.score(None, tmp_path / "n.csv", task="regression", out=tmp_path / "n", has_map=False)
    with pytest.raises(DataError, match="task 'regression' has none: omit --curve"):
        measure(run)
