"""Scoring: a model scores every example of a data set; the result is a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, read
from hem_core.store.map_pending import is_map_pending

TITLE = "Scoring"
RESULTS = "runs"


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_run(job),)


def is_done(job: Job) -> bool:
    """Whether the run is complete and its map, which is computed after the scores, is not pending."""
    info = read(_run(job) / "run.json")
    return info.get("status") == "complete" and not is_map_pending(info)


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "overview", {"run": job.name}


def progress(job: Job) -> Mapping[str, Any]:
    return read(_run(job) / "progress.json")


def run(job: Job, progress: Listener) -> None:
    """By settings: `data`, `model`, `weights`, `train`, as for `hem_core.score`, and the fields of its `Options`."""
    from hem_core.errors import RunError
    from hem_core.runs.options import Options
    from hem_core.runs.score import score

    allowed = {"data", "model", "weights", "train", *Options.__dataclass_fields__}
    unknown = job.settings.keys() - allowed
    if unknown or "data" not in job.settings:
        wrong = f"has no {', '.join(sorted(unknown))}" if unknown else "needs data"
        raise RunError(f"a scoring {wrong}; its settings are: {', '.join(sorted(allowed))}")
    settings = {"model": None, **job.settings}
    score(settings.pop("model"), settings.pop("data"), out=_run(job), progress=progress, **settings)


def _run(job: Job) -> Path:
    return job.workspace / RESULTS / job.name
