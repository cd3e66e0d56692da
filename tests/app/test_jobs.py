"""Real processes: what one server started, another finds; what one is at, no other begins."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app import jobs
from app.views.overview import refits
from app.views.retrain import retrains
from app.views.sets import exports, proofs
from hem_core.alive import process_of
from hem_core.errors import RunError
from hem_core.retrain.claim import owner, take
from hem_core.store.atomic import write_json
from hem_core.store.run import open_run

ROOT = Path(__file__).parents[2]
SLEEPER = """
import sys, time, pathlib
pathlib.Path(sys.argv[1]).open("a").write("begun\\n")
time.sleep(60)
"""


@pytest.fixture
def sleeper(tmp_path, monkeypatch):
    """A module that runs for a minute and writes a line when it begins; every process of it ends with the test."""
    (tmp_path / "sleeper_of_a_test.py").write_text(SLEEPER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    note = tmp_path / "note.json"
    yield note, [str(tmp_path / "begun")]
    jobs.stop(note)


def in_another_server(code, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    subprocess.run([sys.executable, "-c", code, *arguments], env=environment, check=True)


def test_a_job_of_a_server_that_ended_is_found_and_not_begun_twice(sleeper):
    note, arguments = sleeper
    code = (
        "import sys; from pathlib import Path; from app import jobs; "
        "assert jobs.start(Path(sys.argv[1]), 'sleeper_of_a_test', sys.argv[2:])"
    )
    in_another_server(code, str(note), *arguments)
    assert jobs.is_running(note)
    assert not jobs.start(note, "sleeper_of_a_test", arguments)
    jobs.stop(note)
    assert not jobs.is_running(note)
    assert jobs.start(note, "sleeper_of_a_test", arguments)


def test_of_many_who_start_the_same_job_at_once_one_does(sleeper):
    note, arguments = sleeper
    started = []
    threads = [
        threading.Thread(target=lambda: started.append(jobs.start(note, "sleeper_of_a_test", arguments)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [False] * 5 + [True]


def test_a_process_that_was_killed_blocks_nobody(sleeper):
    note, arguments = sleeper
    jobs.start(note, "sleeper_of_a_test", arguments)
    os.kill(owner(note.with_suffix(".process"))["pid"], signal.SIGKILL)
    jobs.wait(note)
    assert not jobs.is_running(note)
    assert jobs.start(note, "sleeper_of_a_test", arguments)


def test_a_later_process_with_the_same_number_is_not_taken_for_the_job(tmp_path):
    claim = tmp_path / "note.process"
    write_json(claim, {"pid": os.getppid(), "process": "1"})
    assert owner(claim) is None
    write_json(claim, {"pid": os.getppid(), "process": process_of(os.getppid())})
    assert owner(claim) is not None
    assert not take(claim, os.getpid)


def test_work_in_a_folder_that_cannot_be_written_to_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="nothing can be written to"):
        take(tmp_path / "file" / "note.process", os.getpid)


def held_by_another(note):
    """A claim of a living process that is not this one."""
    write_json(note.with_suffix(".process"), {"pid": os.getppid(), "process": process_of(os.getppid())})


def test_a_refit_that_another_server_began_is_running_here_too(refittable):
    run = open_run(refittable / "runs" / "tiny")
    write_json(run.folder / "refit.json", {"n_tags": 3})
    held_by_another(run.folder / "refit.json")
    assert refits.state(run) == {"status": "running", "n_tags": 3}
    before = (run.folder / "scores.parquet").read_bytes()
    refits.start(run, 5)
    assert refits.state(run)["n_tags"] == 3
    command = [str(Path(sys.executable).with_name("hem")), "reasons", str(run.folder), "--refit"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert f"process {os.getppid()} is refitting" in " ".join((done.stderr + done.stdout).split())
    assert (run.folder / "scores.parquet").read_bytes() == before


def test_a_refit_that_was_stopped_is_said_after_the_server_began_again(refittable):
    run = open_run(refittable / "runs" / "tiny")
    write_json(run.folder / "refit.json", {"n_tags": 3})
    assert refits.state(run) == {"status": "failed", "error": "the refit was stopped; start it again"}


def test_a_run_that_is_being_scored_is_not_refitted(refittable):
    run = open_run(refittable / "runs" / "tiny")
    write_json(run.folder / "progress.json", {"pid": os.getpid(), "stage": "probes"})
    with pytest.raises(RunError, match="is scoring the run 'tiny'"):
        refits.start(run, 1)


def test_a_proof_and_an_export_of_another_server_are_running_here_too(tmp_path):
    write_json(tmp_path / "proofs" / ".k.json", {"done": 2, "total": 40})
    held_by_another(tmp_path / "proofs" / ".k.json")
    assert proofs.state(tmp_path, "k") == {"status": "running", "done": 2, "total": 40}
    assert not proofs.is_idle(tmp_path)
    target = exports.place(tmp_path, "hard", 1, ["csv"])
    write_json(target.with_name(f".{target.name}.json"), {"stage": "csv", "done": 1, "total": 3})
    held_by_another(target.with_name(f".{target.name}.json"))
    assert exports.state(target) == {"status": "running", "stage": "csv", "done": 1, "total": 3}


def test_a_retraining_of_another_server_is_neither_begun_again_nor_stopped_twice(tmp_path):
    place = tmp_path / "retrains" / ".asked" / "hard-v1.json"
    write_json(place, {"set": "hard-v1", "train": "m:train", "name": "hard-v1"})
    held_by_another(place)
    assert retrains.status(tmp_path, "hard-v1")["status"] == "starting"
    retrains.go_on(tmp_path, "hard-v1", force=True)
    assert "force" not in json.loads(place.read_text())
