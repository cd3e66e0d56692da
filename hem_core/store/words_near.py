"""Words as a vector in the embedding of a run, by the text–image model that made it, in a process of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hem_core.errors import RunError

PROCESS = "hem_core.models.word_vectors"
"""The module that is run: named, not imported, for it needs torch and reading a run does not."""
IDLE_SECONDS = 600.0
"""So long unused, a process ends and gives its memory back."""
MOST_KEPT = 256
"""Vectors that are remembered."""


def vector_of(folder: str, identity: str, words: str) -> np.ndarray:
    """The vector (D,) float32 of words. folder, identity: of the model, as run.json has them.

    The first call for a model starts its process, which takes some seconds; the next ones take milliseconds.
    Raises RunError when the model is gone, is another one, or cannot be loaded.
    """
    key = (folder, identity, words)
    with _lock:
        if key not in _kept:
            _kept[key] = _process(folder, identity).ask(words)
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


@dataclass(eq=False)
class _Process:
    """One process, and when it was last used."""

    running: subprocess.Popen[str]
    used: float = field(default_factory=time.monotonic)

    def ask(self, words: str) -> np.ndarray:
        self.used = time.monotonic()
        try:
            assert self.running.stdin is not None
            assert self.running.stdout is not None
            self.running.stdin.write(json.dumps({"words": words}) + "\n")
            self.running.stdin.flush()
            answer: dict[str, Any] = json.loads(self.running.stdout.readline())
        except (OSError, ValueError) as error:
            self.running.kill()
            raise RunError(
                "the process that turns words into vectors ended; is transformers installed (pip install 'hem[text]')?"
            ) from error
        self.used = time.monotonic()
        if "error" in answer:
            raise RunError(str(answer["error"]))
        return np.array(answer["vector"], np.float32)

    def end(self) -> None:
        self.running.kill()
        self.running.wait()
        for stream in (self.running.stdin, self.running.stdout):
            if stream is not None:
                stream.close()


_lock = threading.Lock()
_kept: OrderedDict[tuple[str, str, str], np.ndarray] = OrderedDict()
_processes: dict[tuple[str, str], _Process] = {}


def _process(folder: str, identity: str) -> _Process:
    """The process of a model, started if there is none that lives; those of other models end: one fits into memory."""
    for key, one in list(_processes.items()):
        if key != (folder, identity) or one.running.poll() is not None:
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
            if time.monotonic() - one.used > IDLE_SECONDS:
                _processes.pop(key).end()
        if _processes:
            _end_when_idle()


@atexit.register
def end() -> None:
    """End the processes; the next words start one again."""
    for key in list(_processes):
        _processes.pop(key).end()
