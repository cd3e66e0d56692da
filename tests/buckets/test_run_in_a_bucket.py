"""A run that is kept in a bucket: killed and resumed elsewhere, opened elsewhere, never half."""

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time

import fsspec
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hem_core
from hem_core.cli import hem as command_line
from hem_core.errors import DataError, RunError
from hem_core.store.workspace import open_workspace

QUICK = {"has_map": False, "has_probes": False, "oos": "none"}
SLOW = """
import sys, time, torch, hem_core

calls = []

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = torch.nn.Linear(4, 2)
    def forward(self, x):
        calls.append(1)
        if len(calls) == int(sys.argv[3]):
            time.sleep(3600)  # until it is killed
        return self.head(x)

hem_core.score(Net(), sys.argv[1], out=sys.argv[2], unit_size=4, batch_size=4, has_map=False, has_probes=False,
               oos="none")
"""


def table(n=40):
    prob = np.linspace(0.05, 0.95, n)
    rows = {"id": [f"e{row}" for row in range(n)], "label": ["x", "y"] * (n // 2), "prob_x": prob, "prob_y": 1 - prob}
    return pd.DataFrame(rows)


def _changed(about):
    """When an object was written, whatever a store calls it."""
    return next(about[name] for name in ("LastModified", "updated", "last_modified") if name in about)


@pytest.fixture
def kept_run(in_memory):
    """The address of a run in fsspec's memory."""
    return f"{in_memory}/work/runs/first"


@pytest.mark.slow
def test_a_killed_run_is_resumed_on_another_machine_and_no_unit_is_done_twice(store, tmp_path, monkeypatch):
    system, root = store
    address, data = f"{root}/work/runs/first", f"{root}/few.npz"
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    np.savez(tmp_path / "few.npz", x=x, labels=(x[:, 0] > 0).astype(int))
    system.put(str(tmp_path / "few.npz"), f"{root}/few.npz")

    def score(machine, out):
        monkeypatch.setenv("HEM_CACHE", str(tmp_path / machine))
        monkeypatch.setattr(sys, "argv", ["", data, str(out), "0"])
        exec(SLOW, {"__name__": "__main__"})

    def units():
        system.invalidate_cache()
        found = system.find(f"{root}/work/runs/first/shards", detail=True)
        units = {path.split("/")[-1]: about for path, about in found.items() if path.endswith(".parquet")}
        return {unit: _changed(about) for unit, about in units.items()}

    words = [sys.executable, "-c", SLOW, data, address, "8"]
    first = subprocess.Popen(words, env=os.environ | {"HEM_CACHE": str(tmp_path / "machine-1")})
    deadline = time.monotonic() + 300
    while len(units()) < 3 and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = units()
    assert 3 <= len(before) < 16
    assert not system.exists(f"{root}/work/runs/first/manifest.json")
    score("machine-2", address)
    after = units()
    assert len(after) == 16
    assert {unit: after[unit] for unit in before} == before
    score("machine-3", tmp_path / "undisturbed")
    ours, theirs = hem_core.open_run(address), hem_core.open_run(tmp_path / "undisturbed")
    assert (ours.folder / "scores.parquet").read_bytes() == (theirs.folder / "scores.parquet").read_bytes()
    for unit in range(16):
        file = f"shards/{unit:05d}.parquet"
        assert (ours.folder / file).read_bytes() == (theirs.folder / file).read_bytes()


FOLDS = """
import os, signal, sys, torch, hem_core

def train(dataset, seed, recorder):
    with open(sys.argv[3], "a") as log:
        log.write("one\\n")
    if os.stat(sys.argv[3]).st_size == 4 * int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    torch.manual_seed(seed)
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    for epoch in range(3):
        with recorder.epoch(epoch):
            for x, y, ids in torch.utils.data.DataLoader(dataset, 64, shuffle=True):
                logits = model(x)
                recorder.log(ids, logits, y)
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(logits, y).backward()
                optimizer.step()
    return model

hem_core.score(None, sys.argv[1], out=sys.argv[2], train=train, oos=3, has_map=False)
"""


@pytest.mark.slow
def test_no_finished_training_is_done_again_on_another_machine(store, tmp_path, monkeypatch):
    system, root = store
    x = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)
    np.savez(tmp_path / "few.npz", x=x, labels=(x[:, 0] > 0).astype(int))
    system.put(str(tmp_path / "few.npz"), f"{root}/few.npz")
    (tmp_path / "folds.py").write_text(FOLDS)
    address, data = f"{root}/work/runs/first", f"{root}/few.npz"
    log = tmp_path / "trainings"

    def score(machine, out):
        log.unlink(missing_ok=True)
        monkeypatch.setenv("HEM_CACHE", str(tmp_path / machine))
        monkeypatch.setattr(sys, "argv", ["", data, str(out), str(log), "0"])
        runpy.run_path(str(tmp_path / "folds.py"), run_name="__main__")
        return log.read_text().count("one")

    words = [sys.executable, str(tmp_path / "folds.py"), data, address, str(log), "4"]
    killed = subprocess.run(words, env=os.environ | {"HEM_CACHE": str(tmp_path / "machine-1")}, check=False)
    assert (killed.returncode, log.read_text().count("one")) == (-signal.SIGKILL, 4)
    assert score("machine-2", address) == 1  # the fold in which the first one was killed
    assert score("machine-3", tmp_path / "undisturbed") == 4  # everything, and three folds
    ours, theirs = hem_core.open_run(address), tmp_path / "undisturbed"
    for file in ("scores.parquet", "dynamics.parquet"):
        assert (ours.folder / file).read_bytes() == (theirs / file).read_bytes()


def test_a_finished_run_is_opened_elsewhere_and_made_only_once(kept_run, tmp_path, cache):
    made = hem_core.score(None, table(), out=kept_run, **QUICK)
    shutil.rmtree(cache)
    opened = hem_core.open_run(kept_run)
    assert opened.table(["id", "loss"]).equals(made.table(["id", "loss"]))
    system = fsspec.filesystem("memory")
    times = {name: system.created(name) for name in system.find(kept_run)}
    shutil.rmtree(cache)
    hem_core.score(None, table(), out=kept_run, **QUICK)
    assert {name: system.created(name) for name in system.find(kept_run)} == times
    manifest = json.loads(system.cat(f"{kept_run}/manifest.json"))
    assert {about["object"] for about in manifest["files"].values()} == {name.split("/first/")[1] for name in times} - {
        "manifest.json"
    }


def test_another_run_is_not_replaced_unless_it_is_said(kept_run, cache):
    hem_core.score(None, table(), out=kept_run, **QUICK)
    for _again in range(2):
        with pytest.raises(RunError, match="holds a run of another model, data or parameters"):
            hem_core.score(None, table(20), out=kept_run, **QUICK)
        shutil.rmtree(cache)
    hem_core.score(None, table(20), out=kept_run, overwrite=True, **QUICK)
    shutil.rmtree(cache)
    assert hem_core.open_run(kept_run).n == 20


def test_a_run_without_its_manifest_or_with_other_bytes_is_not_opened(kept_run, cache):
    hem_core.score(None, table(), out=kept_run, **QUICK)
    system = fsspec.filesystem("memory")
    shutil.rmtree(cache)
    system.pipe(f"{kept_run}/scores.parquet", b"half")
    with pytest.raises(RunError, match=r"scores.parquet' is not what its manifest says: the run is being written"):
        hem_core.open_run(kept_run)
    system.rm(f"{kept_run}/manifest.json")
    with pytest.raises(RunError, match=r"no finished run is at 'memory://.*/first': it has no manifest.json"):
        hem_core.open_run(kept_run)


def test_a_failed_first_attempt_leaves_nothing(kept_run):
    broken = table()
    broken.loc[39, "prob_x"] = np.nan
    with pytest.raises(DataError, match="example 'e39'"):  # in the last of four units
        hem_core.score(None, broken, out=kept_run, unit_size=10, is_strict=True, **QUICK)
    assert not fsspec.filesystem("memory").find(kept_run)


def test_what_a_killed_process_left_here_does_not_replace_a_run_that_was_made_there_since(kept_run, cache):
    hem_core.score(None, table(20), out=kept_run, **QUICK)
    here = cache / "work" / kept_run.replace("://", "/")
    shutil.copytree(here, cache / "kept")
    fsspec.filesystem("memory").rm(kept_run, recursive=True)
    shutil.rmtree(here)
    hem_core.score(None, table(), out=kept_run, **QUICK)
    for status in ("running", "complete"):
        shutil.rmtree(here)
        shutil.copytree(cache / "kept", here)
        info = json.loads((here / "run.json").read_text())
        (here / "run.json").write_text(json.dumps({**info, "status": status}))
        (here / "work.process").write_text('{"pid": 1, "process": "of another time"}')
        with pytest.raises(RunError, match="holds a run of another model, data or parameters"):
            hem_core.score(None, table(20), out=kept_run, **QUICK)
    assert hem_core.open_run(kept_run).n == 40


def test_a_workspace_in_a_bucket_shows_its_finished_runs_and_takes_no_tags(kept_run, cache):
    hem_core.score(None, table(), out=kept_run, **QUICK)
    workspace = kept_run.removesuffix("/runs/first")
    fsspec.filesystem("memory").pipe(f"{workspace}/runs/unfinished/run.json", b"{}")
    shutil.rmtree(cache)
    opened = open_workspace(workspace)
    assert [run.name for run in opened.runs()] == ["first"]
    assert not opened.is_writable()
    assert open_workspace(kept_run).folder == opened.folder
    with pytest.raises(RunError, match=r"no finished run is in 'memory://.*/runs'; make one with"):
        open_workspace(f"{workspace}/runs")


def hem(*words):
    """The exit code of `hem`, and what it said."""
    done = CliRunner().invoke(command_line, [*map(str, words), "--json"])
    return done.exit_code, done.output + str(done.exception or "")


@pytest.mark.slow
def test_the_commands_read_and_write_in_a_bucket(store, tmp_path, cache):
    system, root = store
    table().to_parquet(tmp_path / "predictions.parquet")
    system.put(str(tmp_path / "predictions.parquet"), f"{root}/predictions.parquet")
    run = f"{root}/work/runs/first"
    quick = ("--no-map", "--no-probes", "--oos", "none")
    assert hem("score", f"{root}/predictions.parquet", "--out", run, *quick)[0] == 0
    assert system.exists(f"{root}/work/runs/first/manifest.json")
    shutil.rmtree(cache)
    code, said = hem("export", run, "--where", "difficulty > 50", "--format", "csv", "--out", f"{root}/hard")
    assert (code, f"{root}/hard" in said) == (0, True), said
    system.invalidate_cache()
    with system.open(f"{root}/hard/examples.csv") as file:
        wanted = hem_core.open_run(run).query(where="difficulty > 50", columns=["id"])
        assert set(pd.read_csv(file)["id"]) == set(wanted["id"])
    _code, said = hem("export", run, "--out", f"{root}/hard")
    assert "exists; name another place with --out" in said
    assert hem("select", run, "--n", 5)[0] == 0
