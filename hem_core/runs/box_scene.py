"""The boxes of a finished run, to be judged again at other thresholds; without torch, so that the app can do it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.boxes.arrays import part_ids
from hem_core.boxes.columns import SIDES
from hem_core.boxes.image_error import image_error
from hem_core.boxes.scene import Scene, scene_of_table
from hem_core.errors import DataError, UnknownNameError
from hem_core.store.level import Level
from hem_core.store.run import Run
from hem_core.store.stored_answers import stored_answers
from hem_core.tasks import JudgesBoxes, of, only_in_shards
from hem_core.types import StoredAnswers

COLUMNS = ("example", "given", "predicted", "confidence",
           *(f"{which}_{side}" for which in ("given", "predicted") for side in SIDES))  # fmt: skip


def scene_of(run: Run, boxes: Level) -> tuple[Scene, bool] | None:
    """All boxes of a run, and whether every prediction is among them: also those below the floor, and those that an
    ignore region absorbs. None for a task that has no boxes.

    Where the run no longer holds its predictions, or others than those of its level, the rows of the level are used.
    """
    try:
        task = of(run.info)
    except UnknownNameError:
        return None
    if not isinstance(task, JudgesBoxes):
        return None
    stored = stored_answers(run, only_in_shards(task))  # type: ignore[arg-type]
    whole = _whole(task, stored, boxes)
    return (whole, True) if whole is not None else (_of_rows(task, boxes, stored.ids), False)


def has_current_error(images: Level, scene: Scene) -> bool:
    """Whether the stored error of a run's images is what this version computes; older ones used another scale.

    images: the level of the examples; scene: that of `scene_of`. True where the run holds no error to compare.
    """
    if "error" not in images.source.columns or images.n != scene.n_images:
        return True
    stored = images.table(["error"])["error"].to_numpy(np.float64, na_value=np.nan)
    known = ~np.isnan(stored)
    return bool(np.allclose(image_error(scene.at().rows, scene.n_images)[known], stored[known], atol=1e-3))


def _whole(task: JudgesBoxes, stored: StoredAnswers, boxes: Level) -> Scene | None:
    try:
        scene = task.boxes_of_run(stored)
    except DataError:  # the predictions are gone
        return None
    return scene if _is_of(scene, boxes, stored.ids) else None


def _is_of(scene: Scene, boxes: Level, ids: Sequence[str]) -> bool:
    """Whether the scene's rows are those of the level: the same ids with the same confidences."""
    part_id, sure = np.full(boxes.n, None, object), np.full(boxes.n, np.nan)
    parts = ("p", scene.predicted, scene.row_of_predicted), ("g", scene.given, scene.row_of_given)
    if max(row.max(initial=-1) for _letter, _part, row in parts) >= boxes.n:
        return False
    for letter, part, row in parts:
        known = np.flatnonzero(row >= 0)
        part_id[row[known]] = part_ids(ids, part.image[known], part.number[known], letter)
    known = np.flatnonzero(scene.row_of_predicted >= 0)
    sure[scene.row_of_predicted[known]] = scene.predicted.probability()[known]
    table = boxes.table(["id", "confidence"])
    same = np.allclose(sure, table["confidence"].to_numpy(np.float64, na_value=np.nan), atol=1e-6, equal_nan=True)
    return same and part_id.tolist() == table["id"].tolist()


def _of_rows(task: JudgesBoxes, boxes: Level, ids: Sequence[str]) -> Scene:
    table = boxes.table([name for name in COLUMNS if name in boxes.source.columns])
    columns = {name: table[name].to_numpy(object if table[name].dtype.kind not in "fi" else None) for name in table}
    return scene_of_table(columns, ids, boxes.classes, task.limits)
