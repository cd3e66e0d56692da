"""What is found out about the rows of a data set, each thing once: severity, suspicion, surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hem_core.boxes.arrays import values_at
from hem_core.boxes.geometry import border_distance
from hem_core.boxes.hypotheses import Hypotheses, pair_iou
from hem_core.boxes.severity import Severity, severity
from hem_core.boxes.surroundings import crowding
from hem_core.boxes.suspect_chance import SuspectChance
from hem_core.boxes.suspicion import Suspicion, suspicion


@dataclass(frozen=True, eq=False)
class Judgement:
    """R rows, and what follows from them when it is asked for."""

    rows: Hypotheses
    image_size_px: np.ndarray
    """(N, 2) width and height of the images, 0 where unknown."""
    chance: SuspectChance | None = None
    """What planted errors taught of the suspicions; None before anything was planted."""

    @cached_property
    def severity(self) -> Severity:
        """See `hem_core.boxes.severity`."""
        return severity(self.rows)

    @cached_property
    def suspicion(self) -> Suspicion:
        """See `hem_core.boxes.suspicion`; probabilities where planted errors taught them."""
        return self.plain_suspicion if self.chance is None else self.chance.of(self.plain_suspicion)

    @cached_property
    def plain_suspicion(self) -> Suspicion:
        """Before planted errors taught anything."""
        return suspicion(self.rows, self.image_size_px)

    @cached_property
    def iou(self) -> np.ndarray:
        """(R,) of the two boxes of a row, NaN where there is one alone."""
        return pair_iou(self.rows)

    @cached_property
    def confidence(self) -> np.ndarray:
        """(R,) in 0 .. 1 of the prediction of a row, NaN without one."""
        return values_at(self.rows.predicted_boxes.probability(), self.rows.predicted, np.nan)

    @cached_property
    def crowding(self) -> np.ndarray:
        """(R,) int64, other given boxes near the box of a row; see `surroundings.crowding`."""
        return crowding(self.rows.image, self.rows.xyxy, self.rows.given_boxes, own=self.rows.given)

    @cached_property
    def border_px(self) -> np.ndarray:
        """(R,) distance to the border of the image, NaN where its size is unknown."""
        return border_distance(self.rows.xyxy, self.image_size_px[self.rows.image])
