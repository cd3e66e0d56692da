"""Retraining: models trained with and without a set, compared, reported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job
from hem_core.retrain.stored import FOLDER, Stored

TITLE = "Retraining"
RESULTS = FOLDER


def words(job: Job) -> str:
    return job.name


def writes(job: Job) -> tuple[Path, ...]:
    return (_stored(job).folder,)


def is_done(job: Job) -> bool:
    return _stored(job).report is not None


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "retrain", {"retrain": job.name}


def progress(job: Job) -> Mapping[str, Any]:
    """Progress in trainings, so the time left covers all of them."""
    stored = _stored(job).progress or {}
    if not stored:
        return {}
    return {
        "stage": stored.get("stage"),
        "done": len(stored.get("finished") or ()),
        "total": stored.get("n_trainings"),
        "seconds_left": stored.get("seconds_left"),
    }


def run(job: Job, progress: Listener) -> None:
    """By settings: the fields of `hem_core.retrain.settings.Settings`."""
    from hem_core.errors import RunError
    from hem_core.retrain.settings import Settings
    from hem_core.retrain.threads import yield_while_waiting

    try:
        settings = Settings(**job.settings)
    except TypeError as error:
        raise RunError(f"a retraining takes {', '.join(Settings.__dataclass_fields__)}: {error}") from error
    yield_while_waiting()
    from hem_core.retrain.retrain import retrain

    retrain(job.workspace, settings, progress=progress)


def _stored(job: Job) -> Stored:
    return Stored(job.workspace / RESULTS / job.name)
