"""Demo: a small model is trained on real data and scores it; the result is a run of the workspace."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, read
from hem_core.store.map_pending import is_map_pending

TITLE = "Demo"


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_run(job),)


def is_done(job: Job) -> bool:
    """Whether the run is complete; its map may be left to a job of its own by a demo that ended by itself."""
    info = read(_run(job) / "run.json")
    has_ended = (job.folder / "result.json").is_file()
    return info.get("status") == "complete" and (has_ended or not is_map_pending(info))


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "overview", {"run": job.name}


def run(job: Job, progress: Listener) -> None:
    """By settings: `data`, where the demo does not bring its own."""
    demo = importlib.import_module("demo_models._demo")
    data = job.settings.get("data")
    demo.run(job.name, job.workspace, data=Path(str(data)) if data else None, progress=progress)


def _run(job: Job) -> Path:
    return job.workspace / "runs" / job.name
