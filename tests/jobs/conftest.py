import os
from pathlib import Path

import pytest

from hem_core.alive import process_of
from hem_core.jobs import start as jobs
from hem_core.jobs.job import new_job
from hem_core.store.atomic import write_json

ROOT = Path(__file__).parents[2]
COUNTING = '''"""Counting: a file with the numbers below n, one a line."""

import time

from hem_core.errors import HemError

TITLE = "Counting"


def words(job):
    return f"to {job.settings['n']}"


def writes(job):
    return (job.workspace / job.settings["file"],)


def is_done(job):
    return writes(job)[0].is_file()


def opens(job):
    return "overview", {}


def run(job, progress):
    n = job.settings["n"]
    print("counting", flush=True)
    if n < 0:
        raise HemError(f"cannot count to {n}; take a number from 0 on")
    while (job.workspace / "wait").exists():
        progress("waiting", 1, 4)
        time.sleep(0.01)
    progress("counting", n, n)
    writes(job)[0].write_text("".join(f"{k}\\\\n" for k in range(n)))
    return {"counted": n}
'''


@pytest.fixture
def counting(tmp_path, monkeypatch):
    """counting(name, n=3, file="counted"): a job of a kind that an installed package brings by one file.

    It waits as long as there is a file `wait` in the workspace; whatever runs is ended with the test.
    """
    place, home = tmp_path / "package", tmp_path / "workspace"
    metadata = place / "hem_counting-1.0.dist-info"
    metadata.mkdir(parents=True)
    home.mkdir()
    (place / "hem_counting.py").write_text(COUNTING.replace("\\\\n", "\\n"))
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hem-counting\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[hem.jobs]\ncounting = hem_counting\n")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(place), str(ROOT)]))
    made = []

    def make(name="three", n=3, file="counted"):
        made.append(new_job(home, "counting", name, {"n": n, "file": file}))
        return made[-1]

    yield make
    for job in made:
        jobs.stop(job)


@pytest.fixture
def held_by_another():
    """held_by_another(claim): a claim of a living process that is not this one."""

    def hold(claim):
        write_json(claim, {"pid": os.getppid(), "process": process_of(os.getppid()), "since": 0})

    return hold
