"""A time that trainings may take: none is begun that would not end within it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Budget:
    """Counts from when it is made. seconds: None = no end."""

    def __init__(self, seconds: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock, self._began = seconds, clock, clock()

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return self._clock() - self._began

    def allows(self, expected: float | None) -> bool:
        """Would a training of so many seconds (None = not known) end in time? One that is not known may begin."""
        return self._seconds is None or self.spent + (expected or 0.0) < self._seconds
