"""The images whose boxes people corrected, with their boxes as they should be, for a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hem_core.boxes.columns import GIVEN, given_column
from hem_core.labels.corrected_boxes import corrected_boxes

if TYPE_CHECKING:
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog


def corrected_column(run: Run, log: TagLog, classes: Sequence[str]) -> pa.Table:
    """One row an image that people changed: `id`, and its boxes as they should be, those of `classes` alone.

    Raises DataError as `corrected_boxes` does.
    """
    made = corrected_boxes(run, log)
    changed = {change.correction.image for change in made.changes if not change.refused}
    after = made.annotations
    if set(after.categories) - set(classes):  # a class that a person added: the model has no output for it
        kept = np.array([after.categories[label] in classes for label in after.boxes.label.tolist()], bool)
        after = replace(after, boxes=after.boxes.take(kept))
    column = given_column(after.boxes, len(after.image_ids), after.categories)
    rows = [row for row, id in enumerate(after.image_ids) if id in changed]
    ids = pa.array([after.image_ids[row] for row in rows], pa.string())
    return pa.table({"id": ids, GIVEN: column.take(pa.array(rows, pa.int64()))})
