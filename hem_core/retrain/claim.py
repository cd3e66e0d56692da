"""One process at a time on one piece of work, whoever starts it: the app, a second app, the command line.

A claim is a small file that names the process at work, and when it began. A claim whose process is gone counts for
nothing, so that a killed process blocks nobody, and a server that is started again finds what still runs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hem_core.alive import is_alive, process_of
from hem_core.errors import RunError
from hem_core.store.atomic import write_json


def owner(claim: Path) -> dict[str, Any] | None:
    """The living process that holds a claim: `pid`, `process` (when it began), `since`; None when nobody does."""
    try:
        found = json.loads(claim.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_held = isinstance(found, dict) and is_alive(found.get("pid"), found.get("process"))
    return found if is_held else None


def take(claim: Path, start: Callable[[], int]) -> bool:
    """Claim the work for the process that `start` begins and returns the number of; False when another one has it.

    Of several that try at once, over all processes, one gets it. Raises RunError where nothing can be written.
    """
    try:
        claim.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(claim.with_name(f"{claim.name}.lock")):
            held = owner(claim)
            if held is not None and held["pid"] != os.getpid():
                return False
            pid = start()
            write_json(claim, {"pid": pid, "process": process_of(pid), "since": round(time.time())})
            return True
    except OSError as error:
        raise RunError(f"nothing can be written to {claim.parent} ({error.strerror}); make it writable") from error


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # no such locks on this system; what is left open are a few milliseconds
        yield
        return
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
