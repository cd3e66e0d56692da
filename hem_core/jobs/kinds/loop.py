"""Loop: a pool is mined in rounds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, read

TITLE = "Loop"
RESULTS = "loops"


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_folder(job),)


def is_done(job: Job) -> bool:
    return (_folder(job) / "report.json").is_file()


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "sets", {}


def progress(job: Job) -> Mapping[str, Any]:
    return read(_folder(job) / "progress.json")


def run(job: Job, progress: Listener) -> Mapping[str, Any]:
    """By settings: `data`, `train`, `test`, `test_share`, `go_on`, and as JSON `settings` and `options`.

    Returns what it waits for, where people are asked.
    """
    from hem_core.loop.loop import loop
    from hem_core.loop.settings import Settings
    from hem_core.runs.options import Options

    settings = dict(job.settings)
    outcome = loop(
        settings.pop("data"),
        out=job.workspace,
        name=job.name,
        settings=Settings(**settings.pop("settings", {})),
        options=Options(**settings.pop("options", {})),
        progress=progress,
        **settings,
    )
    return {"waits_for": outcome.waits_for} if outcome.waits_for else {}


def _folder(job: Job) -> Path:
    return job.workspace / RESULTS / job.name
