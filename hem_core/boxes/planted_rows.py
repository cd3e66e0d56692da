"""Which rows show the errors that were planted in the given boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes
from hem_core.boxes.hypotheses import Hypotheses
from hem_core.boxes.overlaps import overlaps
from hem_core.boxes.spoil import Spoiled

ECHO = "echo"
SHOWS = {"removed": "missing", "moved": "misplaced", "resized": "misplaced", "relabelled": "wrong_class",
         "added": "spurious"}  # fmt: skip
"""What was planted -> the kind of suspicion that finds it."""


@dataclass(frozen=True, eq=False)
class PlantedRows:
    """Of R rows that were made with spoiled boxes."""

    kind: np.ndarray
    """(R,) text: what was planted in the row; "" for nothing, ECHO where the row is a further consequence of it: a
    second prediction of a removed box, the prediction at the place that a box was moved from."""
    n_lost: int
    """Removed boxes that nothing predicts, so that no row shows them."""


def planted_rows(rows: Hypotheses, spoiled: Spoiled, before: GivenBoxes, *, least: float = 0.5) -> PlantedRows:
    """rows: of `spoiled.given`; before: the boxes as they were. A removed box is shown by the most confident unpaired
    prediction that overlaps it by `least`."""
    kind = np.full(len(rows), "", "U10")
    is_given = rows.is_given
    kind[is_given] = spoiled.kind[rows.given[is_given]]
    strays = np.flatnonzero(~is_given)
    stray = rows.predicted_boxes.take(rows.predicted[strays])
    moved = before.take(spoiled.source[np.isin(spoiled.kind, ("moved", "resized"))])
    kind[strays[overlaps(moved, stray, least=least).predicted]] = ECHO
    gone = overlaps(spoiled.removed, stray, least=least)
    kind[strays[gone.predicted]] = ECHO
    order = np.argsort(-stray.confidence[gone.predicted], kind="stable")
    shown, first = np.unique(gone.given[order], return_index=True)
    kind[strays[gone.predicted[order[first]]]] = "removed"
    return PlantedRows(kind, len(spoiled.removed) - len(shown))
