"""The progress of a run: reported to the caller, and written to progress.json."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hem_core.store.atomic import write_json

Listener = Callable[[str, int, int], None]
"""Called with (stage, done, total); total 0 means that the length is not known."""


@dataclass
class Progress:
    """Rates, times and the file; one for each run that is being made."""

    folder: Path
    listener: Listener | None = None
    seconds_between_writes: float = 0.5
    timings: dict[str, float] = field(default_factory=dict)
    _name: str = ""
    _started: float = 0.0
    _already: int = 0
    _written: float = 0.0

    @contextmanager
    def stage(self, name: str, total: int = 0, already: int = 0) -> Iterator[Callable[..., None]]:
        """Time a stage; inside it, call what is yielded with how much is done so far (and the total, where it differs).

        already: how many were done before this process started, so that the rate counts only its own.
        """
        started = time.monotonic()
        self._begin(name, already)
        self.tell(name, already, total)
        yield lambda done, of=total: self.tell(name, done, of)
        if total:
            self.tell(name, total, total)
        self.timings[name] = self.timings.get(name, 0.0) + time.monotonic() - started

    def close(self) -> None:
        """The run is complete: the file goes."""
        (self.folder / "progress.json").unlink(missing_ok=True)

    def tell(self, name: str, done: int, total: int) -> None:
        """Report the progress of a stage; a new name starts a new stage."""
        if name != self._name:
            self._begin(name, done)
        if self.listener is not None:
            self.listener(name, done, total)
        now = time.monotonic()
        if now - self._written < self.seconds_between_writes and (done != total or not total):
            return
        self._written = now
        rate = (done - self._already) / max(now - self._started, 1e-9)
        report = {
            "stage": name,
            "done": done,
            "total": total,
            "rate": round(rate, 1),
            "seconds_left": round((total - done) / rate, 1) if rate > 0 and total else None,
            "updated": time.time(),
            "pid": os.getpid(),
        }
        write_json(self.folder / "progress.json", report)

    def _begin(self, name: str, already: int) -> None:
        self._name, self._started, self._already, self._written = name, time.monotonic(), already, 0.0
