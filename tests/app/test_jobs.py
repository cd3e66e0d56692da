"""What the pages ask of the room of jobs: what one server started, another finds; what one is at, no other begins."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.views.overview import refits
from app.views.retrain import retrains
from app.views.sets import exports, proofs
from hem_core.alive import process_of
from hem_core.errors import RunError
from hem_core.jobs.job import new_job
from hem_core.jobs.start import prepare
from hem_core.store.atomic import write_json
from hem_core.store.claim import owner, take
from hem_core.store.run import open_run

ROOT = Path(__file__).parents[2]


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


def begun(folder, kind, called, **settings):
    """A job as its process leaves it when it is killed as it begins."""
    job = new_job(folder, kind, called, settings)
    prepare(job, "process")
    return job


def held_by_another(job):
    """The claim of a living process that is not this one."""
    write_json(job.claim, {"pid": os.getppid(), "process": process_of(os.getppid())})


@pytest.mark.slow
def test_a_refit_that_another_server_began_is_running_here_too(refittable):
    run = open_run(refittable / "runs" / "tiny")
    held_by_another(begun(refittable, "refit", "tiny", n_tags=3))
    assert refits.state(run) == {"status": "running", "n_tags": 3}
    before = (run.folder / "scores.parquet").read_bytes()
    refits.start(run, 5)
    assert refits.state(run)["n_tags"] == 3
    command = [str(Path(sys.executable).with_name("hem")), "reasons", str(run.folder), "--refit"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert f"process {os.getppid()} is working on the reasons of" in " ".join((done.stderr + done.stdout).split())
    assert (run.folder / "scores.parquet").read_bytes() == before


def test_a_refit_that_was_stopped_is_said_after_the_server_began_again(refittable):
    run = open_run(refittable / "runs" / "tiny")
    begun(refittable, "refit", "tiny", n_tags=3)
    assert refits.state(run) == {"status": "failed", "error": "the refit was stopped; start it again"}


def test_a_run_that_is_being_scored_is_not_refitted(refittable):
    run = open_run(refittable / "runs" / "tiny")
    write_json(run.folder / "work.process", {"pid": os.getppid(), "process": process_of(os.getppid())})
    with pytest.raises(RunError, match="working on the run 'tiny'"):
        refits.start(run, 1)


def test_a_proof_and_an_export_of_another_server_are_running_here_too(tmp_path):
    proof = begun(tmp_path, "proof", "k", run="tiny", level="examples", n=9)
    write_json(proof.folder / "progress.json", {"stage": "proof", "done": 2, "total": 40})
    held_by_another(proof)
    assert proofs.state(tmp_path, "k") == {"status": "running", "done": 2, "total": 40}
    assert not proofs.is_idle(tmp_path)
    target = exports.place(tmp_path, "hard", 1, ["csv"])
    export = begun(tmp_path, "export", "hard-v1-csv", set="hard", version=1, formats=["csv"])
    write_json(export.folder / "progress.json", {"stage": "csv", "done": 1, "total": 3})
    held_by_another(export)
    assert exports.state(tmp_path, target) == {"status": "running", "stage": "csv", "done": 1, "total": 3}


def test_an_export_that_was_stopped_or_whose_folder_is_gone_can_be_started_again(tmp_path):
    target = exports.place(tmp_path, "hard", 1, ["csv"])
    job = begun(tmp_path, "export", "hard-v1-csv", set="hard", version=1, formats=["csv"])
    assert exports.state(tmp_path, target) == {
        "status": "failed", "error": "the export was stopped; start it again",
    }  # fmt: skip
    write_json(job.folder / "result.json", {"ended": 1.0, "result": {}})
    assert exports.state(tmp_path, target) == {"status": "none"}


def test_a_retraining_of_another_server_is_neither_begun_again_nor_stopped_twice(tmp_path):
    job = begun(tmp_path, "retraining", "hard-v1", set="hard-v1", train="m:train", name="hard-v1")
    held_by_another(job)
    assert retrains.status(tmp_path, "hard-v1")["status"] == "starting"
    retrains.go_on(tmp_path, "hard-v1", force=True)
    assert "force" not in json.loads((job.folder / "settings.json").read_text())["settings"]


def test_a_retraining_that_an_earlier_hem_began_can_be_resumed(tmp_path):
    settings = {"set": "hard-v1", "train": "m:train", "name": "hard-v1"}
    write_json(tmp_path / "retrains" / ".asked" / "hard-v1.json", settings)
    assert retrains.can_resume(tmp_path, "hard-v1")
    assert retrains.discard(tmp_path, "hard-v1") == settings
