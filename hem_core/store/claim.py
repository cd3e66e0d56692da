"""One process at a time per piece of work, whichever program starts it: the app, a second app, the command line.

A claim is a small file that names the process at work and its start time. A claim whose process has ended is void,
so a killed process blocks nobody, and a restarted server finds what is still running.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hem_core.alive import is_alive, process_of
from hem_core.errors import RunError, TakenError
from hem_core.store.atomic import write_json

FILE = "work.process"
"""The claim in the folder of a run, a loop or a retraining: whoever writes there holds it."""
OURS = (FILE, f"{FILE}.lock")
"""The files that a killed process may leave of a claim."""


@contextmanager
def hold(folder: Path, what: str) -> Iterator[None]:
    """Hold the claim on a folder while the block runs; a missing folder is created.

    what: the work, in words. A nested block of the same process shares the claim. An existing folder that cannot be
    written to is not claimed, since nothing in it can change.
    Raises TakenError when another process holds it; RunError when the folder cannot be made.
    """
    claim = folder / FILE
    check_free(folder, what)
    is_inner = owner(claim) is not None
    try:
        if not take(claim, os.getpid):
            check_free(folder, what)
            raise TakenError(f"another process was just working on {what}; run the same command again")
    except TakenError:
        raise
    except RunError as error:
        if not folder.is_dir():
            raise RunError(f"cannot make the folder '{folder}': {error}") from error
        yield
        return
    try:
        yield
    finally:
        if not is_inner:
            claim.unlink(missing_ok=True)


def check_free(folder: Path, what: str) -> None:
    """Raise TakenError, with the process and its start time, if another running process holds the claim on a folder."""
    holder = owner(folder / FILE)
    if holder is not None and holder["pid"] != os.getpid():
        raise TakenError(busy_message(holder, what))


def busy_message(holder: Mapping[str, Any], what: str) -> str:
    """The message for a second process. holder: the result of `owner`."""
    pid = holder["pid"]
    return (
        f"process {pid} is working on {what}{since(holder.get('since'))}; wait until it ends, or stop it with "
        f"kill {pid}, and run the same command again"
    )


def since(seconds: Any) -> str:
    """ " since 14:03", in local time, with the day where that is not today; "" where it is not known."""
    if not isinstance(seconds, int | float):
        return ""
    then = time.localtime(seconds)
    is_today = time.strftime("%F", then) == time.strftime("%F")
    return time.strftime(" since %H:%M" if is_today else " since %Y-%m-%d %H:%M", then)


def owner(claim: Path) -> dict[str, Any] | None:
    """The running process that holds a claim: `pid`, `process` (its start time), `since`; None if there is none."""
    try:
        record = json.loads(claim.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_held = isinstance(record, dict) and is_alive(record.get("pid"), record.get("process"))
    return record if is_held else None


def take(claim: Path, start: Callable[[], int]) -> bool:
    """Claim the work for the process that `start` starts, whose id it returns; False when another process holds it.

    Of several processes that try at once, one gets it. Raises RunError where nothing can be written.
    """
    try:
        claim.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(claim.with_name(f"{claim.name}.lock")):
            holder = owner(claim)
            if holder is not None and holder["pid"] != os.getpid():
                return False
            pid = start()
            write_json(claim, {"pid": pid, "process": process_of(pid), "since": round(time.time())})
            return True
    except OSError as error:
        raise RunError(f"nothing can be written to {claim.parent} ({error.strerror}); make it writable") from error


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock, a file that is removed afterwards, while the block runs: one process and one thread at a time."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system; what is left open are a few milliseconds
        yield
        return
    while True:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(path, file.fileno()):  # whoever had it before has removed it: another file has the name now
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
