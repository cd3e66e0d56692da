"""Refitting a run's reasons to people's tags, as a job: nobody waits for the server."""

import importlib.util
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.jobs import start as jobs
from hem_core.jobs.job import Job, new_job, open_job
from hem_core.jobs.state import state as jobs_state
from hem_core.store.claim import check_free
from hem_core.store.level import Level
from hem_core.store.run import Run

ROWS = "reason_rows.npz"
"""What a run has when its reasons can be refitted: the features of its rows and of its probes."""
SAYS_NOTHING = ("skip", "duplicate")
"""Verdicts that say nothing about why an example is hard."""


def is_possible(run: Run, level: Level) -> bool:
    """Whether this HEM can refit the reasons of the level, and this run has kept what it takes."""
    if level.name != run.level_of_reasons:
        return False
    try:
        known = importlib.util.find_spec("hem_core.runs.refit")
    except ModuleNotFoundError:
        return False
    return known is not None and (run.folder / ROWS).is_file()


def useful(verdicts: pd.DataFrame) -> pd.DataFrame:
    """The verdicts that a refit learns from: those that say why an example is hard."""
    return verdicts.loc[~verdicts["tag"].isin(SAYS_NOTHING), :]


def start(run: Run, n_tags: int) -> None:
    """Begin to refit, unless it is being done, here, by another server or on the command line; see `state`.

    Raises RunError where the run cannot be written to, or is just being scored.
    """
    check_free(run.folder, f"the run '{run.name}'")
    jobs.start(new_job(_workspace(run), "refit", run.name, {"n_tags": n_tags}))


def state(run: Run) -> dict[str, Any]:
    """How the last refit stands: `status` 'none', 'running', 'done' (with n, changed, n_tags) or 'failed' (error)."""
    job = open_job(_workspace(run), "refit", run.name)
    if job is None:
        return {"status": "none"}
    found = jobs_state(job)
    if found.status == "running":
        return {"status": "running", **_tags(job)}
    if found.status == "done":
        return {"status": "done", **_tags(job), **found.result}
    return {"status": "failed", "error": found.error or "the refit was stopped; start it again"}


def wait(run: Run) -> None:
    """Wait until nobody refits the run."""
    job = open_job(_workspace(run), "refit", run.name)
    if job is not None:
        jobs.wait(job)


def _tags(job: Job) -> dict[str, Any]:
    """How many tags it learns from; nobody counted those of the command line."""
    return {name: job.settings[name] for name in ("n_tags",) if name in job.settings}


def _workspace(run: Run) -> Path:
    return run.folder.absolute().parents[1]
