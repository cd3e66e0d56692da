"""Trainings spread over processes leave what one process makes: folds, arms of a retraining, rounds of a loop."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hem_core.errors import HemError
from hem_core.loop.loop import loop
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.runs.options import Options
from hem_core.store import sets
from hem_core.store.run import open_run

pytestmark = pytest.mark.slow
needs_ray = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed")
TRAIN = '''
import os, time
import torch
from torch import nn


def train(dataset, *, seed):
    """A linear model; it writes down which process trains it."""
    with open(os.environ["SEEN"], "ab", buffering=0) as file:
        file.write(f"{os.getpid()}\\n".encode())
    time.sleep(float(os.environ["WAIT"]))
    torch.manual_seed(seed)
    x = torch.stack([dataset[place][0] for place in range(len(dataset))])
    model = nn.Linear(x.shape[1], len(dataset.classes))
    steps = torch.optim.SGD(model.parameters(), lr=0.1)
    for _step in range(40):
        steps.zero_grad()
        nn.functional.cross_entropy(model(x), torch.as_tensor(dataset.targets)).backward()
        steps.step()
    return model
'''
WHAT = {
    "score": "score points.csv --feature-columns x,y --train spread_train:train --oos 4 --out home/runs/one --no-map",
    "retrain": "retrain home --set hard --train spread_train:train --seeds 2 --recipe labels",
    "loop": "loop points.csv --feature-columns x,y --train spread_train:train --out home --start 40 --add 20 "
    "--rounds 2 --seeds 2",
}
RESULTS = {"score": "runs/one/scores.parquet", "retrain": "retrains/*/arms/*/*.npz", "loop": "loops/*/arms/*/*.npz"}


def started(place, what, runner, wait=0.0):
    """The process that does it in the folder `place`, and the file with the processes that trained."""
    seen = place / f"{what}.{runner}.seen"
    seen.write_text("")
    python = os.pathsep.join([str(place), os.environ.get("PYTHONPATH", "")])
    more = {"SEEN": str(seen), "WAIT": str(wait), "PYTHONPATH": python, "OMP_NUM_THREADS": "1"}
    command = [str(Path(sys.executable).with_name("hem")), *WHAT[what].split(), "--runner", runner]
    return subprocess.Popen(command, cwd=place, env={**os.environ, **more}), seen


def pids(seen):
    return [int(line) for line in seen.read_text().split()]


def results(place, what):
    """The trained predictions by file, without the seconds that they took."""
    found = {}
    for path in sorted((place / "home").glob(RESULTS[what])):
        name = str(path.relative_to(place))
        if path.suffix == ".npz":
            with np.load(path) as arrays:
                found[name] = {key: arrays[key].tolist() for key in arrays.files if key != "seconds"}
        else:
            found[name] = path.read_bytes()
    return found


def prepared(place):
    """Points of three classes, and the module that trains on them."""
    place.mkdir()
    draw, label = np.random.default_rng(0), np.arange(240) % 3
    points = np.array([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])[label] + draw.normal(size=(240, 2))
    table = {"id": [f"p{row}" for row in range(240)], "label": np.array(["a", "b", "c"])[label]}
    pd.DataFrame(table | {"x": points[:, 0], "y": points[:, 1]}).to_csv(place / "points.csv", index=False)
    (place / "spread_train.py").write_text(TRAIN)
    return place


def saved_set(place):
    """The thirty hardest of the run, with the labels of ten of them put right."""
    home = place / "home"
    rows = open_run(home / "runs" / "one").table(["id", "label", "loss"]).nlargest(30, "loss").drop(columns="loss")
    rows = rows.assign(label_before=rows["label"], label=["a"] * 10 + rows["label"].tolist()[10:])
    sets.save(home, "hard", rows, {"run": "one"})


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """All of it by one process."""
    place = prepared(tmp_path_factory.mktemp("spread") / "alone")
    for what in WHAT:
        process, _seen = started(place, what, "local")
        assert process.wait(180) == 0
        if what == "score":
            saved_set(place)
    return place


@needs_ray
@pytest.mark.parametrize("what", WHAT)
def test_several_processes_one_of_which_is_killed_leave_what_one_does(what, alone, tmp_path):
    place = prepared(tmp_path / "place")
    if what == "retrain":
        shutil.copytree(alone / "home" / "runs", place / "home" / "runs")
        shutil.copytree(alone / "home" / "sets", place / "home" / "sets")
        for arm in (place / "home" / "runs").glob("hard-*"):
            shutil.rmtree(arm)
    process, seen = started(place, what, "ray", wait=0.5)
    while process.poll() is None and not [pid for pid in pids(seen) if pid != process.pid]:
        time.sleep(0.02)
    victim = next(pid for pid in pids(seen) if pid != process.pid)
    os.kill(victim, signal.SIGKILL)
    assert process.wait(180) == 0
    assert results(place, what) == results(alone, what)
    others = {pid for pid in pids(seen) if pid != process.pid}
    assert len(others - {victim}) >= 2
    n_alone = len(pids(alone / f"{what}.local.seen"))
    assert len(pids(seen)) <= n_alone + 1 + (what == "loop")  # a loop's process does its rounds again from disk


def test_what_cannot_be_spread_is_said(tmp_path):
    with pytest.raises(HemError, match="--runner torchrun spreads the forward passes of hem score alone"):
        retrain(tmp_path, Settings(set="hard", train="a:b", runner="torchrun"))
    with pytest.raises(HemError, match="no runner 'slurm'"):
        retrain(tmp_path, Settings(set="hard", train="a:b", runner="slurm"))
    with pytest.raises(HemError, match="--budget counts one training after the other"):
        Settings(set="hard", train="a:b", runner="ray", budget=60)
    with pytest.raises(HemError, match="--runner torchrun spreads the forward passes of hem score alone"):
        loop({"x": np.eye(3), "y": np.arange(3)}, train=print, out=tmp_path, options=Options(runner="torchrun"))
    assert not list(tmp_path.iterdir())
