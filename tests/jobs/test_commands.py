"""Commands in a terminal as jobs: a row each, with progress; killed, they are resumed in the background."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hem_core.jobs import start as jobs
from hem_core.jobs.command import listed
from hem_core.jobs.job import listing, open_job, running
from hem_core.jobs.state import log_tail, state, title
from hem_core.store import sets
from hem_core.store.atomic import write_json

ROOT = Path(__file__).parents[2]
HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]
TRAIN = """
import time
from pathlib import Path
from sklearn.linear_model import LogisticRegression

def train(dataset, seed):
    with Path("trained.txt").open("a") as file:
        file.write(f"{seed} {len(dataset)}\\n")
    while Path("wait").exists() and len(Path("trained.txt").read_text().splitlines()) > 2:
        time.sleep(0.01)
    return LogisticRegression(max_iter=50, random_state=seed).fit(dataset.frame(), dataset.targets)
"""
LOOP = "loop points.csv --train train_line:train --out work --feature-columns x,y --start 10 --add 6 --rounds 1"


@pytest.fixture
def command(monkeypatch):
    """command(folder, *words): a `hem` command in a process, as a terminal starts it; ended with the test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    started, homes = [], set()

    def start(folder, *words):
        homes.add(folder / "work")
        started.append(
            subprocess.Popen(
                [*HEM, *map(str, words)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
    for home in homes:
        for job in running(home):
            jobs.stop(job)


def wait_until(is_so, process):
    while not is_so():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def status(home, kind, name):
    job = open_job(home, kind, name)
    return state(job) if job else None


def resumed(home, kind, name):
    job = open_job(home, kind, name)
    assert state(job).status == "stopped"
    assert jobs.resume(job)
    jobs.wait(job)
    assert state(job).status == "done", log_tail(job)
    return job


def rows_of(home):
    done = subprocess.run([*HEM, "jobs", str(home), "--json"], capture_output=True, text=True, check=True)
    return [(row["kind"], row["name"], row["status"]) for row in json.loads(done.stdout)]


def test_a_command_names_its_job_and_its_progress_is_kept_where_the_work_keeps_none(tmp_path):
    heard = []
    settings = {"argv": ["demo", "wine", "--no-app"]}
    with listed("demo", tmp_path, lambda *said: heard.append(said), name="wine", settings=settings) as progress:
        assert listing(tmp_path) == []  # a command that reports nothing has nothing to show
        progress("train", 3, 9)
        (job,) = listing(tmp_path)
        found = state(job)
        assert (found.status, found.stage, found.done, found.total) == ("running", "train", 3, 9)
    assert heard == [("train", 3, 9)]
    assert (title(job), job.settings["argv"]) == ("Demo: wine", settings["argv"])
    assert state(job).status == "stopped"  # it has left no run


def test_a_demo_that_leaves_its_map_to_another_job_is_done(tmp_path):
    with listed("demo", tmp_path, lambda *_: None, name="wine") as progress:
        progress("score", 0, 1)
        write_json(tmp_path / "runs" / "wine" / "run.json", {"status": "complete", "pending": ["map"]})
        assert status(tmp_path, "demo", "wine").status == "running"
    assert status(tmp_path, "demo", "wine").status == "done"


@pytest.mark.slow
def test_an_export_in_a_terminal_is_one_row_that_names_its_set_and_its_folder(tmp_path, command):
    table = pd.DataFrame({"id": ["a", "b"], "label": ["x", "y"]})
    sets.save(tmp_path / "work", "hard", table, {"run": "first", "fingerprint": "f"})
    process = command(tmp_path, "export", "work", "--set", "hard", "--out", "out/hard", "--format", "csv")
    assert process.wait(60) == 0, process.communicate()
    (job,) = listing(tmp_path / "work")
    assert (title(job), state(job).status) == ("Export: hard v1 as csv", "done")
    assert job.settings["out"] == str(tmp_path / "out" / "hard")
    assert (tmp_path / "out" / "hard" / "csv").exists() or list((tmp_path / "out" / "hard").glob("*.csv"))


@pytest.mark.slow
def test_a_demo_killed_while_it_trains_is_one_row_and_is_resumed_without_the_app(tmp_path, command):
    process = command(tmp_path, "demo", "wine", "--workspace", "work")
    home = tmp_path / "work"

    def is_counting():
        found = status(home, "demo", "wine")
        return found is not None and found.stage not in ("", "starting")

    wait_until(is_counting, process)
    assert rows_of(home) == [("demo", "wine", "running")]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    resumed(home, "demo", "wine")
    assert rows_of(home) == [("demo", "wine", "done")]
    assert json.loads((home / "runs" / "wine" / "run.json").read_text())["status"] == "complete"


@pytest.mark.slow
def test_a_loop_that_a_terminal_started_is_listed_killed_and_resumed_to_the_same_bytes(tmp_path, command):
    points = np.random.default_rng(0).normal(size=(160, 2)).round(3)
    label = np.where(points.sum(axis=1) > 0, "up", "down")
    table = pd.DataFrame({"id": [f"row-{k:03d}" for k in range(160)], "x": points[:, 0], "y": points[:, 1]})
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
        table.assign(label=label).to_csv(tmp_path / name / "points.csv", index=False)
        (tmp_path / name / "train_line.py").write_text(TRAIN)
    (tmp_path / "killed" / "wait").touch()
    process, home = command(tmp_path / "killed", *LOOP.split(), "--seeds", "1"), tmp_path / "killed" / "work"
    log = tmp_path / "killed" / "trained.txt"
    wait_until(lambda: log.is_file() and len(log.read_text().splitlines()) == 3, process)
    assert rows_of(home) == [("loop", "points", "running")]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (tmp_path / "killed" / "wait").unlink()
    resumed(home, "loop", "points")
    assert command(tmp_path / "whole", *LOOP.split(), "--seeds", "1").wait(120) == 0
    trained = [(tmp_path / name / "trained.txt").read_text().splitlines() for name in ("killed", "whole")]
    assert len(trained[0]) == len(trained[1]) + 1  # the one that was under way when it was killed
    for file in ("report.json", "report.parquet", "report.html"):
        one, other = (tmp_path / name / "work" / "loops" / "points" / file for name in ("killed", "whole"))
        assert one.read_bytes() == other.read_bytes(), file
