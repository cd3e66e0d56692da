"""Commands started in a terminal are jobs too: listed with their progress, and can be stopped and resumed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from hem_core.engine.progress import Listener, Progress
from hem_core.errors import HemError, TakenError
from hem_core.jobs.job import Job, new_job
from hem_core.jobs.kind import load, option
from hem_core.jobs.start import prepare
from hem_core.jobs.work import done, failed
from hem_core.store import claim
from hem_core.store.claim import busy_message, owner, take


@contextmanager
def listed(
    kind: str,
    workspace: Path | None,
    listener: Listener,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Listener]:
    """A listener that passes progress on, and lists this command as a job from the first report of progress.

    workspace: None where the command writes outside of one. name: of the job, by default that of the folder, in
    RESULTS of the kind, on which this process holds the claim. settings: of the job, beyond those of every command.
    Where nothing can be written, the command is not listed.
    """
    with ExitStack() as stack:
        is_new, record = workspace is not None, None

        def tell(stage: str, done: int, total: int) -> None:
            nonlocal is_new, record
            if is_new and workspace is not None:
                is_new = False
                with suppress(HemError, OSError):
                    job = command_job(kind, workspace, name or _name(kind, workspace), settings)
                    stack.enter_context(at_work(job, "it"))
                    record = None if option(load(kind), "progress") else Progress(job.folder).tell
            if record is not None:
                record(stage, done, total)
            listener(stage, done, total)

        yield tell


@contextmanager
def at_work(job: Job, what: str) -> Iterator[None]:
    """Hold a job's claim while this command does its work; inside the process of that very job, only run the block.

    what: the work, in words. Raises TakenError when another process is doing it; RunError where nothing can be
    written.
    """
    holder = owner(job.claim)
    if holder is not None and holder["pid"] == os.getpid():
        yield
        return
    if not take(job.claim, lambda: _begun(job)):
        raise TakenError(busy_message(owner(job.claim) or {"pid": "?"}, what))
    try:
        yield
        done(job, None)
    except HemError as error:
        failed(job, str(error))
        raise
    finally:
        job.claim.unlink(missing_ok=True)


def command_job(kind: str, workspace: Path, name: str, settings: Mapping[str, Any] | None = None) -> Job:
    """The job of this process's own command line. settings: more of them, or another `argv` for its resumption."""
    return new_job(workspace, kind, name, {"argv": sys.argv[1:], "cwd": str(Path.cwd()), **(settings or {})})


def workspace_of(run: Path) -> Path | None:
    """The workspace whose runs/ holds or will hold a run folder; None for a folder outside a workspace."""
    runs = run.absolute().parent
    return runs.parent if runs.name == "runs" else None


def _name(kind: str, workspace: Path) -> str:
    """Raises RunError, by `new_job`, when this process holds no claim."""
    results = workspace / str(option(load(kind), "RESULTS", kind))
    mine = (path for path in results.glob(f"*/{claim.FILE}") if (owner(path) or {}).get("pid") == os.getpid())
    return next((path.parent.name for path in mine), "")


def _begun(job: Job) -> int:
    prepare(job, "command")
    job.log.unlink(missing_ok=True)
    return os.getpid()
