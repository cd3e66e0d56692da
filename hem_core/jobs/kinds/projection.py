"""Projection: the map of a run's embeddings."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job

TITLE = "Map of the embeddings"


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_run(job),)


def is_done(job: Job) -> bool:
    return (_run(job) / "projection.parquet").is_file()


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "explore", {"run": job.name}


def run(job: Job, progress: Listener) -> None:
    importlib.import_module("hem_core.runs.projection").project_run(_run(job), progress)


def _run(job: Job) -> Path:
    return job.workspace / "runs" / job.name
