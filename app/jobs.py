"""Long work in processes of their own: nobody waits for the server, and a server that starts again finds them.

A job has a note, a JSON file in which its process leaves how far it is. Beside it lies the claim of that process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hem_core.store.atomic import write_json
from hem_core.store.claim import owner, take

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes that this server started, to be waited for; what runs is told by the claims alone."""
_threads: dict[Path, threading.Thread] = {}
_starting = threading.Lock()


def start(
    note: Path,
    module: str,
    arguments: Sequence[str],
    *,
    first: Mapping[str, Any] | None = None,
    log: Path | None = None,
) -> bool:
    """Run `python -m module arguments`, unless a living process is at work on the same note; then False.

    first: what the note says until the process writes to it; None leaves the note as it is. log: a file for its output.
    Raises RunError where nothing can be written.
    """

    def begin() -> int:
        if first is not None:
            write_json(note, dict(first))
        command = [sys.executable, "-m", module, *arguments]
        out = log.open("wb") if log else None
        try:
            child = subprocess.Popen(
                command, env=_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        finally:
            if out:
                out.close()
        _children[child.pid] = child
        return child.pid

    return take(_claim(note), begin)


def start_here(note: Path, work: Callable[[], object], *, first: Mapping[str, Any]) -> bool:
    """Do short work in a thread of this server, where a process would take longer to begin; False as in `start`."""

    def run() -> None:
        try:
            work()
        finally:
            _claim(note).unlink(missing_ok=True)  # the server lives on, so its claim has to go

    def begin() -> int:
        write_json(note, dict(first))
        _threads[note] = threading.Thread(target=run, daemon=True)
        return os.getpid()

    with _starting:
        if is_running(note) or not take(_claim(note), begin):
            return False
        _threads[note].start()
        return True


def is_running(note: Path) -> bool:
    """Whether a living process or thread, of this server or another, is at work on the note."""
    held = owner(_claim(note))
    if held is not None and held["pid"] == os.getpid():
        thread = _threads.get(note)
        return thread is not None and thread.is_alive()
    return held is not None


def read(note: Path) -> dict[str, Any]:
    """What the note says; {} when it says nothing."""
    try:
        found = json.loads(note.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def stop(note: Path) -> None:
    """End the process that is at work on the note, and wait until it is gone."""
    held = owner(_claim(note))
    if held is not None and held["pid"] != os.getpid():
        os.kill(int(held["pid"]), signal.SIGTERM)
        wait(note)


def wait(note: Path) -> None:
    """Wait until nobody is at work on the note."""
    while is_running(note):
        child = _children.get(int((owner(_claim(note)) or {}).get("pid") or 0))
        if child is not None:
            child.wait()
        else:
            time.sleep(0.05)


def exit_code(note: Path) -> int | None:
    """How the process that was last at work on the note ended; None while it runs or where another server began it."""
    child = _children.get(int(read(_claim(note)).get("pid") or 0))
    return child.poll() if child is not None else None


def forget(note: Path) -> None:
    """Remove the claim of work that has ended."""
    if not is_running(note):
        for path in (_claim(note), _claim(note).with_name(f"{_claim(note).name}.lock")):
            path.unlink(missing_ok=True)


def _claim(note: Path) -> Path:
    return note.with_suffix(".process")


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[1]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
