"""What the process of a job does: the work, then its result or the reason of its failure."""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Progress
from hem_core.errors import HemError, RunError
from hem_core.jobs.job import Job
from hem_core.jobs.kind import load, option
from hem_core.jobs.state import log_tail
from hem_core.store.atomic import write_json


def work(job: Job) -> bool:
    """Do a job whose claim this process holds, and release the claim; False when it failed.

    A HemError is stored verbatim; of any other exception the type is added, and the log has its traceback.
    """
    try:
        done(job, _command(job) if job.is_command else _kind(job))
    except HemError as error:
        if not job.is_command:  # a command has printed it
            sys.stderr.write(f"{error}\n")
        failed(job, str(error))
    except (Exception, SystemExit) as error:  # whatever a user's own training function raises
        traceback.print_exc()
        failed(job, f"{type(error).__name__}: {error}")
    else:
        return True
    finally:
        job.claim.unlink(missing_ok=True)
    return False


def done(job: Job, result: Mapping[str, Any] | None) -> None:
    """Record that the work ended by itself."""
    write_json(job.folder / "result.json", {"ended": time.time(), "result": dict(result or {})})


def failed(job: Job, error: str) -> None:
    """Record the reason of the failure."""
    write_json(job.folder / "error.json", {"ended": time.time(), "error": error})


def _kind(job: Job) -> Mapping[str, Any] | None:
    kind = load(job.kind)
    return kind.run(job, _unheard if option(kind, "progress") else Progress(job.folder).tell)


def _unheard(stage: str, done: int, total: int) -> None:
    """For work that keeps its own progress on disk."""


def _command(job: Job) -> None:
    """Run the `hem` command of a job in its original folder. If it fails, raises RunError with its last line."""
    _enter(job)
    sys.argv = ["hem", *map(str, job.settings["argv"])]
    try:
        importlib.import_module("hem_core.cli").main()
    except SystemExit as ended:
        if ended.code:
            sys.stderr.flush()
            raise RunError(log_tail(job, 1).removeprefix("error: ") or "the command failed without a word") from ended


def _enter(job: Job) -> None:
    folder = Path(str(job.settings.get("cwd") or job.workspace))
    try:
        os.chdir(folder)
    except OSError as error:
        raise RunError(f"'{folder}', where the command was started, cannot be entered: {error.strerror}") from error
    sys.path.insert(0, str(folder))
