"""The server of the app in a process of its own, and pages of it in Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TIMED = Path(__file__).parent / "_timed.py"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
"""How Chromium is started: software rendering, and no requests of its own."""
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server of one workspace."""

    workspace: Path
    url: str
    pid: int

    def address(self, path: str = "") -> str:
        """The whole address of a page, with the token that lets a browser in."""
        token = (self.workspace / ".token").read_text()
        return f"{self.url}/{path}{'&' if '?' in path else '?'}token={token}"

    def cpu_seconds(self) -> float:
        """Processor seconds of all its threads since its start. Linux alone."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, what: str = "VmRSS") -> float:
        """Resident memory, its mapped files included; `RssAnon` is what is its own. Linux alone."""
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith(f"{what}:")) / 1024

    def private_mb(self) -> float:
        """Resident memory that no other process shares. Linux alone."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


@contextlib.contextmanager
def served(workspace: Path, person: str = "anna", times: Path | None = None) -> Iterator[Server]:
    """A workspace as `hem app` shows it, signed by a person. times: a file for the time of each answer (_timed.py)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"from app.server import serve; serve({str(workspace)!r}, {port}, False)"
    program = ["-c", code] if times is None else [str(TIMED), str(workspace), str(port), str(times)]
    environment = {**os.environ, "HEM_PERSON": person, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, *program], env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/_stcore/health", process)
        yield Server(workspace, url, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(health: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=2):
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def chromium_program() -> str:
    """Where Chromium is: $HEM_CHROMIUM, or on the path."""
    program = os.environ.get("HEM_CHROMIUM") or shutil.which("chromium")
    if not program:
        raise SystemExit("no chromium: `make chromium` installs it; or name one in $HEM_CHROMIUM")
    return program


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Chromium from $HEM_CHROMIUM or the path, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_program(), args=QUIET)
        yield browser
        browser.close()


@contextlib.contextmanager
def borrowed(run: Path, folder: Path) -> Iterator[Path]:
    """A workspace in an empty folder that shows one run, linked to: tags and sets do not reach the run's own."""
    (folder / "runs").mkdir(parents=True)
    (folder / "runs" / run.name).symlink_to(run.resolve(), target_is_directory=True)
    yield folder
