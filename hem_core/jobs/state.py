"""The state of a job, read from its folder, so any process can read it and a restarted server finds running jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hem_core.errors import HemError
from hem_core.jobs.job import SETTINGS, Job, read
from hem_core.jobs.kind import Kind, load, option
from hem_core.store.claim import owner

Status = Literal["running", "done", "failed", "stopped"]
TAIL = 40
"""Lines of a log to show."""
MOST_BYTES = 64 << 10


@dataclass(frozen=True)
class State:
    status: Status
    stage: str = ""
    done: int = 0
    total: int = 0
    """Progress of the stage, done of total; total 0 where that is not known."""
    rate: float | None = None
    """Units of the stage per second, while it is running."""
    seconds_left: float | None = None
    started: float | None = None
    """Seconds since 1970, as `ended`."""
    ended: float | None = None
    error: str = ""
    """The reason of the failure, in a sentence."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """What the work returned, such as {"changed": 12}; {} until it has ended."""
    ended_well: bool = False
    """Whether the work ended by itself: if it is not "done", its result was removed since, or it waits for people."""
    log: Path | None = None
    """The file with its output; None for a command in a terminal."""
    can_stop: bool = False
    can_resume: bool = False

    @property
    def share(self) -> float:
        """Completed fraction of the stage, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


def state(job: Job) -> State:
    """The state of a job. "stopped": its process ended without a result; `resume` runs it again."""
    kind = _kind(job)
    at_work = owner(job.claim)  # before the files: what has just ended has written them
    record, error, ended = (read(job.folder / name) for name in (SETTINGS, "error.json", "result.json"))
    progress = _progress(job, kind)
    status: Status = "stopped"
    if at_work is not None:
        status = "running"
    elif kind.is_done(job) if kind is not None else ended:
        status = "done"
    elif error:
        status = "failed"
    is_running = status == "running"
    return State(
        status,
        str(progress.get("stage") or ("starting" if is_running else "")),
        int(progress.get("done") or 0),
        int(progress.get("total") or 0),
        progress.get("rate") if is_running else None,
        progress.get("seconds_left") if is_running else None,
        started=record.get("started"),
        ended=None if is_running else error.get("ended") or ended.get("ended") or progress.get("updated"),
        error=str(error.get("error") or "") if status == "failed" else "",
        result=ended.get("result") or {} if not is_running else {},
        ended_well=bool(ended) and not is_running,
        log=job.log if job.log.is_file() else None,
        can_stop=is_running and record.get("how") != "thread",
        can_resume=status in ("stopped", "failed") and kind is not None and option(kind, "CAN_RESUME", True),
    )


def is_running(job: Job) -> bool:
    """Whether a process, or a thread of one, is running a job, whoever started it."""
    return owner(job.claim) is not None


def log_tail(job: Job, lines: int = TAIL) -> str:
    """The last lines of a job's output; "" when it printed nothing."""
    try:
        with job.log.open("rb") as file:
            file.seek(max(0, job.log.stat().st_size - MOST_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def title(job: Job) -> str:
    """A job in words: "Export: hard v1 as csv"."""
    kind = _kind(job)
    if kind is None:
        return f"{job.kind}: {job.name}"
    try:
        return f"{kind.TITLE}: {kind.words(job)}"
    except (KeyError, TypeError, ValueError):  # settings that somebody has edited
        return f"{kind.TITLE}: {job.name}"


def _progress(job: Job, kind: Kind | None) -> Mapping[str, Any]:
    """What the work itself says on disk, where it does, else what its process wrote for it."""
    own = option(kind, "progress") if kind is not None else None
    return (own(job) if own else None) or read(job.folder / "progress.json")


def _kind(job: Job) -> Kind | None:
    """None for a kind of a package that is not installed here."""
    try:
        return load(job.kind)
    except HemError:
        return None
