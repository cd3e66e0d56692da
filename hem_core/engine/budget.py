"""A time budget for trainings: none is started that would not end within it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Budget:
    """Counts from its creation. seconds: None = no limit."""

    def __init__(self, seconds: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock, self._began = seconds, clock, clock()

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return self._clock() - self._began

    def allows(self, expected: float | None) -> bool:
        """Whether a training of so many seconds would end in time; one of unknown length (None) may start."""
        return self._seconds is None or self.spent + (expected or 0.0) < self._seconds
