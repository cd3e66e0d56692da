"""What the figures of the page draw: the boxes at the chosen thresholds, and the way from some of them to Explore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from app import loaders, state
from app.views.detection import settings
from hem_core.errors import DataError
from hem_core.store.level_names import of_parts

if TYPE_CHECKING:
    from hem_core.boxes.scene import Judged, Scene
    from hem_core.store.level import Level

Clause = Mapping[str, Any]
HIGHEST_IOU = 0.95


@dataclass(frozen=True, eq=False)
class View:
    """A run's boxes at two thresholds."""

    boxes: Level
    scene: Scene
    is_whole: bool
    """Whether the scene has all predictions, see runs.box_scene.scene_of."""
    confidence: float
    foreground: float

    @cached_property
    def judged(self) -> Judged:
        return loaders.judged(self.boxes, self.confidence, self.foreground)

    @property
    def run(self) -> str:
        return self.boxes.run

    @property
    def n_images(self) -> int:
        return self.scene.n_images

    @property
    def is_as_run(self) -> bool:
        """Whether these are the run's own thresholds."""
        return (self.confidence, self.foreground) == (self.scene.floor, self.scene.foreground)

    def choose(self, confidence: float | None = None, foreground: float | None = None) -> None:
        """Look at other thresholds from the next drawing on; they stand in the address."""
        usual = {"confidence": self.scene.floor, "iou": self.scene.foreground}
        for name, value in (("confidence", confidence), ("iou", foreground)):
            if value is not None:
                settings.choose(name, round(value, 4), usual[name])

    def explore(self, hypotheses: np.ndarray, *candidates: Sequence[Clause]) -> None:
        """Show the rows of some hypotheses, a mask (R,), in Explore.

        candidates: clauses of a rule that may match the same rows; the first that does is used, so that the filter
        reads as what it means. Otherwise the rows are named one by one.
        """
        row = self.judged.row[hypotheses]
        self.explore_rows(np.unique(row[row >= 0]), *candidates)

    def explore_rows(self, rows: np.ndarray, *candidates: Sequence[Clause]) -> None:
        """Show some rows of the level of boxes, ascending, in Explore."""
        rule = next(
            ({"all": list(clauses)} for clauses in candidates if self._is(clauses, rows)),
            {"all": [{"rows": loaders.ids(self.boxes)[rows].tolist()}]},
        )
        go_to(self.boxes, rule)

    def sure(self) -> list[Clause]:
        """The clause of the confidence; none at the run's own."""
        return (
            []
            if self.confidence == self.scene.floor
            else [{"column": "confidence", "min": self.confidence, "max": None}]
        )

    def _is(self, clauses: Sequence[Clause], rows: np.ndarray) -> bool:
        try:
            return np.array_equal(self.boxes.rows({"all": list(clauses)}), rows)
        except DataError:
            return False


def go_to(level: Level, rule: dict[str, Any]) -> None:
    """Show what a rule matches on a level in Explore."""
    state.set_current_level(level.name)
    state.show_matches(rule)


def view_of(level: Level) -> View:
    """The view of the run on screen at the thresholds in the address, at first the run's own."""
    found = loaders.boxes(level)
    assert found is not None
    scene, is_whole = found
    boxes = loaders.level(level.run, of_parts(level.info)[0])
    confidence = settings.number("confidence", 0.0, 1.0, scene.floor)
    foreground = settings.number("iou", scene.background, HIGHEST_IOU, scene.foreground)
    return View(boxes, scene, is_whole, confidence, foreground)
