"""The progress of a retraining: reported to the caller, and written to progress.json."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hem_core.alive import process_of
from hem_core.engine.progress import Listener
from hem_core.store.atomic import write_json


@dataclass
class Note:
    """Counts trainings in parts, so that the time left is known from the first on."""

    folder: Path
    n_trainings: int
    n_arms: int
    listener: Listener | None = None
    seconds_between_writes: float = 0.5
    first_seed: int = 0
    finished: list[tuple[str, int]] = field(default_factory=list)
    _measured: set[str] = field(default_factory=set)
    _began: float = field(default_factory=time.monotonic)
    _already: int = 0
    _written: float = 0.0
    _pid: int | None = field(default_factory=os.getpid)

    def begin(self, finished: list[tuple[str, int]]) -> None:
        """These trainings were done by an earlier process: they do not count for the rate."""
        self.finished, self._already, self._began = list(finished), len(finished), time.monotonic()
        self.tell("preparing", 0, 0)

    def done(self, arm: str, seed: int) -> None:
        self.finished.append((arm, seed))
        self.tell(f"{arm}, seed {seed}", 1, 1, always=True)

    def stop(self) -> None:
        """No process is working on it any more, although it is not finished."""
        self._pid = None
        self.tell("stopped by its budget", 0, 0, always=True)

    def tell(self, stage: str, done: int, total: int, *, always: bool = False) -> None:
        """stage: what is being done; done of total: how much of it."""
        now = time.monotonic()
        self._listen(stage, done, total)
        if now - self._written < self.seconds_between_writes and not always:
            return
        self._written = now
        write_json(
            self.folder / "progress.json",
            {
                "stage": stage,
                "done": done,
                "total": total,
                "finished": [list(pair) for pair in self.finished],
                "n_trainings": self.n_trainings,
                "seconds_left": self.seconds_left(stage, done, total),
                "pid": self._pid,
                "process": process_of(self._pid) if self._pid else None,
                "updated": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        )

    def _listen(self, stage: str, done: int, total: int) -> None:
        """One bar an arm: the parts of its trainings in the function's own units, else whole trainings."""
        if self.listener is None or ", seed " not in stage:
            return
        arm, _, seed = stage.partition(", seed ")
        seeds = self.n_trainings // self.n_arms
        if total > 1:
            self.listener(f"arm {arm}", (int(seed) - self.first_seed) * total + done, seeds * total)
            self._measured.add(arm)
        elif arm not in self._measured:
            self.listener(f"arm {arm}", int(seed) - self.first_seed + done, seeds)

    def seconds_left(self, stage: str, done: int, total: int) -> float | None:
        """Estimated from the trainings of this process so far; None before the first."""
        is_running = not self.finished or stage != "{}, seed {}".format(*self.finished[-1])
        part = min(1.0, done / total) if total and is_running and ", seed " in stage else 0.0
        made = len(self.finished) - self._already + part
        left = self.n_trainings - len(self.finished) - part
        return round((time.monotonic() - self._began) / made * left, 1) if made > 0.02 else None
