"""Learning curve: trainings on parts of a run's data, with what an action changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, new_job
from hem_core.store.run import Run

TITLE = "Learning curve"


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_run(job) / "advise",)


def is_done(job: Job) -> bool:
    return (job.folder / "result.json").is_file()


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "overview", {"run": job.name}


def run(job: Job, progress: Listener) -> None:
    """Train; what was trained before a kill is kept."""
    from hem_core.advise.measure import measure
    from hem_core.store.run import open_run

    measure(open_run(_run(job)), has_changes=True, progress=progress)


def job_of(run: Run) -> Job:
    """The job that measures the learning curve of a run in a workspace, and what changes of the training bring."""
    folder = run.folder.absolute()
    return new_job(folder.parents[1], "learning_curve", folder.name, {})


def _run(job: Job) -> Path:
    return job.workspace / "runs" / job.name
