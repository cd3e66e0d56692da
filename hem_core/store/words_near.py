"""Words as a vector in the embedding of a run, by the text–image model that made it, in a process of its own."""

from __future__ import annotations

import atexit
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hem_core.errors import RunError

PROCESS = "hem_core.models.word_vectors"
"""The module that is run: named, not imported, for it needs torch and reading a run does not."""
IDLE_SECONDS = 600.0
"""So long unused, a process ends and gives its memory back."""
MOST_SECONDS = 120.0
"""So long an answer may take, with the start and the loading of the model; then the process is killed."""
FAILED_SECONDS = 30.0
"""So long a failure is remembered, so that the requests of a page do not each start the process anew."""
MOST_KEPT = 256
"""Vectors that are remembered."""
ENDED = "the process that turns words into vectors ended; is transformers installed (pip install 'hem[text]')?"
TOO_LATE = (
    f"the text–image model gave no answer within {MOST_SECONDS:.0f} s, and its process was ended; see that its folder "
    "can be read fast and that there is memory for it, and try again"
)


def vector_of(folder: str, identity: str, words: str) -> np.ndarray:
    """The vector (D,) float32 of words. folder, identity: of the model, as run.json has them.

    The first call for a model starts its process, which takes some seconds; the next ones take milliseconds. Words that
    are remembered wait for no process. What failed is raised again for FAILED_SECONDS.
    Raises RunError when the model is gone, is another one, cannot be loaded, or gives no answer in MOST_SECONDS.
    """
    with _lock:
        vector = _known(folder, identity, words)
        if vector is not None:
            return vector
        process = _process(folder, identity)
        process.users += 1
    try:
        with process.turn:
            return _answer(process, (folder, identity, words))
    finally:
        with _lock:
            process.users -= 1


def _known(folder: str, identity: str, words: str) -> np.ndarray | None:
    """The vector that is remembered. Raises the RunError that the model ended with a moment ago."""
    key = (folder, identity, words)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    since, error = _failed.get((folder, identity), (-math.inf, ""))
    if time.monotonic() - since < FAILED_SECONDS:
        raise RunError(error)
    return None


def _answer(process: _Process, key: tuple[str, str, str]) -> np.ndarray:
    """The vector, which another thread may have asked for in the meantime; remembered, as is a failure."""
    folder, identity, words = key
    with _lock:
        vector = _known(*key)
    if vector is not None:
        return vector
    try:
        vector = process.ask(words)
    except RunError as error:
        with _lock:
            _failed[folder, identity] = (time.monotonic(), str(error))
        raise
    with _lock:
        _kept[key] = vector
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return vector


@dataclass(eq=False)
class _Process:
    """One process, which answers one thread at a time, and when it was last used."""

    running: subprocess.Popen[str]
    used: float = field(default_factory=time.monotonic)
    users: int = 0
    """Threads that ask or wait for their turn; under `_lock`."""
    turn: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, words: str) -> np.ndarray:
        began = self.used = time.monotonic()
        limit = threading.Timer(MOST_SECONDS, self.running.kill)
        limit.daemon = True
        limit.start()
        try:
            assert self.running.stdin is not None
            assert self.running.stdout is not None
            self.running.stdin.write(json.dumps({"words": words}) + "\n")
            self.running.stdin.flush()
            answer: dict[str, Any] = json.loads(self.running.stdout.readline())
        except (OSError, ValueError) as error:
            self.running.kill()
            self.running.wait()  # so that the next to ask sees that it is gone
            raise RunError(TOO_LATE if time.monotonic() - began >= MOST_SECONDS else ENDED) from error
        finally:
            limit.cancel()
        self.used = time.monotonic()
        if "error" in answer:
            raise RunError(str(answer["error"]))
        return np.array(answer["vector"], np.float32)

    def end(self) -> None:
        self.running.kill()
        self.running.wait()
        for stream in (self.running.stdin, self.running.stdout):
            if stream is not None:
                with suppress(OSError):  # words that nobody reads any more
                    stream.close()


_lock = threading.Lock()
"""Held for what follows, and never while a process answers."""
_kept: OrderedDict[tuple[str, str, str], np.ndarray] = OrderedDict()
_failed: dict[tuple[str, str], tuple[float, str]] = {}
"""Of a model: when it failed, and how."""
_processes: dict[tuple[str, str], _Process] = {}


def _process(folder: str, identity: str) -> _Process:
    """The process of a model, started if there is none that lives; those of other models end, for one fits into memory,
    unless somebody waits for them."""
    for key, one in list(_processes.items()):
        if one.running.poll() is not None or (key != (folder, identity) and not one.users):
            _processes.pop(key).end()
    if (folder, identity) not in _processes:
        command = [sys.executable, "-m", PROCESS, folder, identity]
        offline = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
        running = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=offline,
        )
        _processes[folder, identity] = _Process(running)
        _end_when_idle()
    return _processes[folder, identity]


def _end_when_idle() -> None:
    timer = threading.Timer(IDLE_SECONDS / 2, _look)
    timer.daemon = True
    timer.start()


def _look() -> None:
    with _lock:
        for key, one in list(_processes.items()):
            if not one.users and time.monotonic() - one.used > IDLE_SECONDS:
                _processes.pop(key).end()
        if _processes:
            _end_when_idle()


@atexit.register
def end() -> None:
    """End the processes, and forget what failed; the next words start one again."""
    _failed.clear()
    for key in list(_processes):
        _processes.pop(key).end()
