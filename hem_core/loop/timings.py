"""The duration of a loop's trainings, in a file of their own, so that the results have the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

from hem_core.store.atomic import write_json


class Timings:
    """The seconds in timings.json of a loop's folder, those of earlier processes among them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "timings.json"
        self.seconds: list[float] = self._read()

    @property
    def longest(self) -> float | None:
        return max(self.seconds, default=None)

    def add(self, seconds: float) -> None:
        self.seconds.append(round(seconds, 3))
        write_json(self._path, {"seconds": self.seconds})

    def _read(self) -> list[float]:
        try:
            return [float(each) for each in json.loads(self._path.read_text("utf-8"))["seconds"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []
