"""Is the process that wrote a note still at work?"""

from __future__ import annotations

import os
from pathlib import Path


def process_of(pid: int) -> str | None:
    """What tells a process from a later one of the same number: when it began. None where the system cannot say."""
    stat = _stat(pid)
    return stat[19] if stat else None


def is_alive(pid: int | None, process: str | None = None) -> bool:
    """Whether the process `pid` runs, and is the one of `process_of`; one that only waits to be buried does not."""
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
