"""Scoring: a model scores every example of a data set; the result is a run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, new_job, open_job, read
from hem_core.store.map_pending import is_map_pending

TITLE = "Scoring"
LONGEST_NAME = 60
RESULTS = "runs"
OPTIONS = {"task": "--task", "images": "--images", "predictions": "--predictions", "train": "--train", "oos": "--oos",
           "separator": "--separator", "name": "--name"}  # fmt: skip
"""Settings -> the options of `hem score` that hold the same value."""
SAMPLES = {"in-sample": "--in-sample", "out-of-sample": "--out-of-sample"}


def scoring_job(workspace: Path, name: str, settings: Mapping[str, Any]) -> Job:
    """The scoring whose result is the run of that name. settings: see `run`. Raises RunError for an impossible name."""
    return new_job(workspace, "scoring", name, settings)


def is_free(workspace: Path, name: str) -> bool:
    """Whether neither a run nor a scoring has a name yet, in upper or lower case."""
    taken = {path.name.casefold() for path in (workspace / RESULTS).glob("*")}
    return name.casefold() not in taken and open_job(workspace, "scoring", name) is None


def free_name(workspace: Path, base: str) -> str:
    """A name that a folder can have, made of `base`, or the first of -2, -3, … of it that is free."""
    plain = re.sub(r"[^\w.-]+", "-", base).strip("-._")[:LONGEST_NAME] or "run"
    numbered = (plain if number == 1 else f"{plain}-{number}" for number in itertools.count(1))
    return next(name for name in numbered if is_free(workspace, name))


def command(job: Job) -> list[str]:
    """The words of the `hem score` command that does the same as a scoring with these settings."""
    settings = job.settings
    words = ["hem", "score", str(settings["data"]), "--out", str(_run(job))]
    if settings.get("model"):
        words += ["--model", str(settings["model"])]
    for name, option in OPTIONS.items():
        words += [option, str(settings[name])] if settings.get(name) else []
    for name, column in (settings.get("columns") or {}).items():
        words += [f"--{name.replace('_', '-')}", str(column)]
    if settings.get("classes"):
        words += ["--classes", ",".join(settings["classes"])]
    sample = SAMPLES.get(str(settings.get("sample")))
    return [*words, sample] if sample else words


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
