"""Whether the process that wrote a note is still running."""

from __future__ import annotations

import os
from pathlib import Path


def process_of(pid: int) -> str | None:
    """The start time of a process, which tells it from a later one with the same pid. None where it is not known."""
    stat = _stat(pid)
    return stat[19] if stat else None


def is_alive(pid: int | None, process: str | None = None) -> bool:
    """Whether the process `pid` is running and is the one of `process_of`; a zombie is not running."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    stat = _stat(pid)
    if stat is None:
        return True
    return stat[0] not in ("Z", "X") and (process is None or process == stat[19])


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on; None where there is no such file."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
