"""Starting, stopping and resuming jobs: never the same job twice, never two jobs with the same output."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Literal

from hem_core.errors import RunError, TakenError
from hem_core.jobs.job import FORMAT_VERSION, SETTINGS, Job, read, running
from hem_core.jobs.kind import load
from hem_core.jobs.state import is_running, state, title
from hem_core.jobs.work import work
from hem_core.store.atomic import write_json
from hem_core.store.claim import check_free, one_at_a_time, owner, since, take

How = Literal["process", "thread", "command"]
SECONDS_TO_END = 10.0
"""Time between the request to end and the kill."""
_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Processes that this one started, to wait for them. Only the claims show which jobs are running."""


def start(job: Job, *, total: int = 0, in_thread: bool = False) -> bool:
    """Start a job in its own process; False if a process is already running it.

    total: the amount of work, where that is known. in_thread: do short work in a thread of this process, because
    a process takes seconds to start. Raises TakenError where another job or command is writing the same thing;
    RunError where nothing can be written.
    """
    root = job.folder.parents[1]
    try:
        root.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(root / ".starting"):
            if is_running(job):
                return False
            _check_free(job)
            begin = _as_thread if in_thread else _in_process
            is_ours = take(job.claim, lambda: begin(job, total))
            if is_ours and in_thread:
                threading.Thread(target=work, args=(job,), daemon=True).start()
            return is_ours
    except OSError as error:
        raise RunError(f"nothing can be written to {root} ({error.strerror}); make it writable") from error


def stop(job: Job) -> None:
    """End the process that runs a job and wait until it has ended; `resume` runs the job again. No effect without one.

    Raises RunError for one that runs in a thread of a server, which cannot be ended.
    """
    at_work = owner(job.claim)
    if at_work is None:
        return
    how = read(job.folder / SETTINGS).get("how")
    if how == "thread" or at_work["pid"] == os.getpid():
        raise RunError(f"{title(job)} is done by the app itself and takes seconds; wait until it has ended")
    _signal(int(at_work["pid"]), signal.SIGTERM, is_group=how == "process")
    if not _gone(job, time.monotonic() + SECONDS_TO_END):
        _signal(int(at_work["pid"]), signal.SIGKILL, is_group=how == "process")
        _gone(job)


def resume(job: Job) -> bool:
    """Run a stopped or failed job again with its settings, in its own process; False if it is already running.

    Raises RunError when there is nothing to resume, and as `start`.
    """
    current = state(job)
    if current.status == "running":
        return False
    if not current.can_resume:
        why = "it is done" if current.status == "done" else f"a job of the kind '{job.kind}' cannot be resumed here"
        raise RunError(f"there is nothing to resume of {title(job)}: {why}")
    return start(job)


def wait(job: Job) -> None:
    """Wait until no process is running a job."""
    child = _children.get(job.claim)
    if child is not None:
        child.wait()
    _gone(job)


def forget(job: Job) -> None:
    """Remove a job that has ended from the list; its result stays. Raises RunError while it runs."""
    if is_running(job):
        raise RunError(f"{title(job)} is running; stop it first")
    shutil.rmtree(job.folder, ignore_errors=True)


def prepare(job: Job, how: How, total: int = 0) -> None:
    """Write the record of a job at its start, and remove the outcome of its last run."""
    for name in ("error.json", "result.json"):
        (job.folder / name).unlink(missing_ok=True)
    write_json(job.folder / "progress.json", {"stage": "starting", "done": 0, "total": total})
    record = {"format_version": FORMAT_VERSION, "kind": job.kind, "name": job.name, "how": how}
    write_json(job.folder / SETTINGS, {**record, "started": time.time(), "settings": dict(job.settings)})


def _check_free(job: Job) -> None:
    """Raise TakenError where another job or command is writing to an output of this job."""
    outputs = {path.absolute() for path in load(job.kind).writes(job)}
    for other in running(job.workspace):
        shared = outputs.intersection(path.absolute() for path in load(other.kind).writes(other))
        if shared and other.folder != job.folder:
            begun = since((owner(other.claim) or {}).get("since"))
            raise TakenError(
                f"{title(other)} is running{begun} and writes {sorted(shared)[0]}; wait until it has ended, or stop it"
            )
    for path in sorted(outputs):
        check_free(path, str(path))


def _in_process(job: Job, total: int) -> int:
    prepare(job, "process", total)
    command = [sys.executable, "-m", "hem_core.jobs", str(job.folder), str(job.workspace)]
    with job.log.open("wb") as log:
        child = subprocess.Popen(
            command, env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _children[job.claim] = child
    return child.pid


def _as_thread(job: Job, total: int) -> int:
    prepare(job, "thread", total)
    job.log.unlink(missing_ok=True)
    return os.getpid()


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}


def _signal(pid: int, number: signal.Signals, *, is_group: bool) -> None:
    """With is_group also what the process has started, such as the workers that read its data."""
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        (os.killpg if is_group else os.kill)(pid, number)


def _gone(job: Job, deadline: float | None = None) -> bool:
    while is_running(job):
        if deadline is not None and time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
