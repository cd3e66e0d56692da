"""Projection: the map of a run's embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, new_job, read
from hem_core.jobs.start import start
from hem_core.store.map_pending import is_map_pending
from hem_core.store.run import Run

TITLE = "Map of the embeddings"


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_run(job),)


def is_done(job: Job) -> bool:
    has_map = (_run(job) / "projection.parquet").is_file()
    return has_map and not is_map_pending(read(_run(job) / "run.json"))


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "explore", {"run": job.name}


def run(job: Job, progress: Listener) -> None:
    from hem_core.runs.projection import project_run

    project_run(_run(job), progress)


def _run(job: Job) -> Path:
    return job.workspace / "runs" / job.name


def start_pending_map(run: Run) -> bool:
    """Start computing the map of a run whose map is pending; False where none is, or it is being computed already.

    Raises RunError where the run cannot be written to.
    """
    return is_map_pending(run.info) and start(job_of(run))


def job_of(run: Run) -> Job:
    """The job that computes the map of a run in a workspace."""
    folder = run.folder.absolute()  # of a run that is a link: where the link is
    return new_job(folder.parents[1], "projection", folder.name, {})
