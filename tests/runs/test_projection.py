"""A run opens as soon as its scores are there; the map follows, whatever happens in between."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.errors import RunError, TakenError
from hem_core.jobs import start as jobs
from hem_core.jobs.kind import load
from hem_core.jobs.kinds.projection import job_of, start_pending_map
from hem_core.jobs.state import log_tail, state
from hem_core.runs.projection import mark_pending, project_run
from hem_core.store.atomic import write_json
from hem_core.store.claim import FILE
from hem_core.store.damage import trouble
from hem_core.store.map_pending import COMPUTING, INTERRUPTED, is_map_pending, pending_map

ROOT = Path(__file__).parents[2]
OF_THIS_TRY = ("created", "timings", "peak_memory_mb", "name")
SCORE = """
import os, signal, sys, hem_core
def kill(stage, done, total):
    if stage == "map":
        os.kill(os.getpid(), signal.SIGKILL)
hem_core.score(None, sys.argv[1], out=sys.argv[2], progress=kill)
"""


@pytest.fixture
def data(tmp_path):
    """Twelve rows of probabilities with embeddings: so few that the map is laid out at once."""
    chance = np.random.default_rng(0)
    table = {"id": [f"p{k}" for k in range(12)], "label": np.arange(12) % 2}
    table |= {"probs": list(chance.dirichlet([1, 1], 12)), "embedding": list(chance.normal(size=(12, 5)))}
    pd.DataFrame(table).to_parquet(tmp_path / "p.parquet")
    return tmp_path / "p.parquet"


def score(data, out, **options):
    return hem_core.score(None, data, out=out, **options)


def kept(folder):
    """Every file of a run as bytes, and what run.json says but for what differs from try to try."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    info = json.loads(files.pop("run.json"))
    return files, {name: value for name, value in info.items() if name not in OF_THIS_TRY}


def seen_at_the_map(folder, seen):
    """A listener that opens the run once, when its map begins."""

    def listen(stage, done, total):
        if stage == "map" and not seen:
            run = hem_core.open_run(folder)
            found = run.table()
            seen.update(run=run, n=len(found), has_map="x" in found, words=pending_map(folder, run.info))
            seen.update(trouble=trouble(folder, run.info), near=len(run.neighbours("p0")))

    return listen


def test_a_run_can_be_opened_before_its_map_is_there(data, tmp_path):
    seen = {}
    run = score(data, tmp_path / "run", progress=seen_at_the_map(tmp_path / "run", seen))
    early = seen["run"]
    assert (seen["n"], seen["near"], seen["has_map"], seen["words"], seen["trouble"]) == (12, 11, False, COMPUTING, {})
    assert early.info["missing"]["map"] == COMPUTING
    assert early.fingerprint != run.fingerprint
    assert not is_map_pending(run.info)
    assert "map" not in run.info["missing"]
    assert np.isfinite(run.table()[["x", "y"]].to_numpy()).all()
    assert list(run.info["timings"])[-2:] == ["map", "total"]


@pytest.mark.slow
def test_a_run_killed_between_its_scores_and_its_map_opens_and_the_same_command_makes_the_map_alone(data, tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-c", SCORE, str(data), str(folder)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    run = hem_core.open_run(folder)
    assert len(run.table()) == 12
    assert pending_map(folder, run.info) == INTERRUPTED
    assert trouble(folder, run.info) == {}
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    stages = []
    resumed = score(data, folder, progress=lambda stage, _done, _total: stages.append(stage))
    assert set(stages) == {"map"}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert pending_map(folder, resumed.info) is None
    assert kept(folder) == kept(score(data, tmp_path / "undisturbed").folder)


def test_a_run_killed_between_its_map_and_its_account_of_it_is_finished_without_another_map(data, tmp_path):
    run = score(data, tmp_path / "run")
    whole, path = kept(run.folder), run.folder / "projection.parquet"
    made = path.stat().st_mtime_ns
    mark_pending(run.folder)
    stages = []
    score(data, run.folder, progress=lambda stage, _done, _total: stages.append(stage))
    assert (stages, path.stat().st_mtime_ns) == ([], made)
    assert kept(run.folder) == whole


def test_a_lost_map_is_made_again_while_the_run_stays_open(data, tmp_path):
    run, seen = score(data, tmp_path / "run"), {}
    whole = kept(run.folder)
    (run.folder / "projection.parquet").write_bytes(b"PAR1 half")
    score(data, run.folder, progress=seen_at_the_map(run.folder, seen))
    assert (seen["n"], seen["has_map"]) == (12, False)
    assert kept(run.folder) == whole


def test_a_run_scored_without_a_map_gets_the_same_one_later_and_once(data, tmp_path):
    run = score(data, tmp_path / "run", has_map=False)
    assert not is_map_pending(run.info)
    project_run(run.folder)
    late, whole = hem_core.open_run(run.folder), score(data, tmp_path / "whole")
    pd.testing.assert_frame_equal(late.table(["x", "y"]), whole.table(["x", "y"]))
    assert late.info["missing"] == whole.info["missing"]
    before = (run.folder / "run.json").read_bytes()
    project_run(run.folder)
    assert (run.folder / "run.json").read_bytes() == before


def test_what_a_killed_writer_left_goes_when_the_map_is_made(data, tmp_path):
    run = score(data, tmp_path / "run", has_map=False)
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    left = run.folder / f".progress.json.{dead.stdout.strip()}-d18779b4.tmp"
    left.write_text("{")
    project_run(run.folder)
    assert not left.exists()


def test_a_map_that_cannot_be_made_is_refused_in_words(data, tmp_path):
    pd.read_parquet(data).drop(columns="embedding").to_parquet(data)
    bare = score(data, tmp_path / "bare")
    assert not is_map_pending(bare.info)
    with pytest.raises(RunError, match=r"can have no map\. No embeddings: .*add a list column 'embedding'"):
        project_run(bare.folder)
    with pytest.raises(RunError, match="is not a run"):
        project_run(tmp_path)


def test_a_layout_that_fails_costs_the_run_nothing_and_the_reason_is_noted(data, tmp_path):
    run = score(data, tmp_path / "run", has_map=False)
    whole = (run.folder / "neighbours.npz").read_bytes()
    np.savez(run.folder / "neighbours.npz", indices=np.zeros((3, 2), np.int32), distances=np.zeros((3, 2), np.float32))
    with pytest.raises(RunError, match=r"could not be made\. No map: the graph has 3 rows, the embeddings 12"):
        project_run(run.folder)
    broken = hem_core.open_run(run.folder)
    assert broken.info["missing"]["map"].startswith("No map: the graph has 3 rows")
    assert not is_map_pending(broken.info)
    assert len(broken.table()) == 12
    (run.folder / "neighbours.npz").write_bytes(whole)
    project_run(run.folder)
    assert "map" not in hem_core.open_run(run.folder).info["missing"]


def test_the_map_of_other_scores_is_given_up_before_the_run_opens(data, tmp_path):
    folder, seen = score(data, tmp_path / "run").folder, {}
    (folder / "run.json").unlink()
    pd.read_parquet(data).head(10).to_parquet(data)
    score(data, folder, progress=seen_at_the_map(folder, seen))
    assert (seen["n"], seen["has_map"]) == (10, False)


def test_a_run_at_work_elsewhere_is_left_alone(data, tmp_path):
    run = score(data, tmp_path / "run", has_map=False)
    from hem_core.alive import process_of

    write_json(run.folder / FILE, {"pid": os.getppid(), "process": process_of(os.getppid()), "since": 0})
    with pytest.raises(TakenError):
        project_run(run.folder)


@pytest.mark.slow
def test_a_run_that_does_not_wait_for_its_map_gets_the_same_bytes_by_the_job(data, tmp_path):
    run = score(data, tmp_path / "w" / "runs" / "early", is_map_awaited=False)
    assert pending_map(run.folder, run.info) == INTERRUPTED
    job = job_of(run)
    assert not load(job.kind).is_done(job)
    assert start_pending_map(run)
    jobs.wait(job)
    assert state(job).status == "done", log_tail(job)
    assert kept(run.folder) == kept(score(data, tmp_path / "undisturbed" / "early").folder)
    assert not start_pending_map(hem_core.open_run(run.folder))
    (run.folder / "run.json").write_text("{ cut")
    assert state(job).status == "done"  # the list of jobs is not lost with a damaged run
