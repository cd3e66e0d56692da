"""Refit: people's tags teach a run why its examples are hard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job

TITLE = "Refit of the reasons"


def words(job: Job) -> str:
    n = job.settings.get("n_tags")
    return job.name if n is None else f"{job.name} with {n:,} tag{'s' * (n != 1)}"


def writes(job: Job) -> tuple[Path, ...]:
    return (job.workspace / "runs" / job.name,)


def is_done(job: Job) -> bool:
    return (job.folder / "result.json").is_file()


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "overview", {"run": job.name}


def run(job: Job, progress: Listener) -> Mapping[str, Any]:
    """Returns the number of reasons (n) and how many of them changed."""
    from hem_core.runs.refit import refit
    from hem_core.store.run import open_run

    folder = job.workspace / "runs" / job.name
    opened = open_run(folder)
    level = opened.level_of_reasons
    before = opened.level(level).table(["reason"])["reason"].to_numpy()
    progress("refitting", 0, 0)
    refit(folder)
    after = open_run(folder).level(level).table(["reason"])["reason"].to_numpy()
    return {"n": len(after), "changed": int((before != after).sum())}
