"""The boxes of a finished run, to be judged again at other thresholds; without torch, so that the app can do it."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq

from hem_core.boxes.arrays import part_ids
from hem_core.boxes.scene import Scene, scene_of_table
from hem_core.errors import UnknownNameError
from hem_core.store.level import Level
from hem_core.store.shards import shard_columns
from hem_core.tasks import JudgesBoxes, of, only_in_shards

SIDES = ("left", "top", "right", "bottom")
COLUMNS = ("example", "given", "predicted", "confidence",
           *(f"{which}_{side}" for which in ("given", "predicted") for side in SIDES))  # fmt: skip


def scene_of(examples: Level, boxes: Level) -> tuple[Scene, bool] | None:
    """All boxes of a run, and whether every prediction is among them: also those below the floor, and those that an
    ignore region absorbs. None for a task that has no boxes.

    Where the run's shards are gone, or hold other predictions than those of its level, the rows of the level are used.
    """
    try:
        task = of(boxes.info)
    except UnknownNameError:
        return None
    if not isinstance(task, JudgesBoxes):
        return None
    ids = examples.table(["id"])["id"].tolist()
    whole = _whole(task, examples, boxes, ids)
    return (whole, True) if whole is not None else (_of_rows(task, boxes, ids), False)


def _whole(task: JudgesBoxes, examples: Level, boxes: Level, ids: list[str]) -> Scene | None:
    columns = shard_columns(examples.folder, ["target", *only_in_shards(task)])  # type: ignore[arg-type]
    if columns is None or len(columns["target"]) != len(ids):
        return None
    scene = task.boxes_of_run(pq.read_table(examples.folder / "catalog.parquet"), columns)
    return scene if _is_of(scene, boxes, ids) else None


def _is_of(scene: Scene, boxes: Level, ids: list[str]) -> bool:
    """Whether the scene's rows are those of the level: the same ids with the same confidences."""
    found, sure = np.full(boxes.n, None, object), np.full(boxes.n, np.nan)
    parts = ("p", scene.predicted, scene.row_of_predicted), ("g", scene.given, scene.row_of_given)
    if max(row.max(initial=-1) for _letter, _part, row in parts) >= boxes.n:
        return False
    for letter, part, row in parts:
        known = np.flatnonzero(row >= 0)
        found[row[known]] = part_ids(ids, part.image[known], part.number[known], letter)
    known = np.flatnonzero(scene.row_of_predicted >= 0)
    sure[scene.row_of_predicted[known]] = scene.predicted.probability()[known]
    table = boxes.table(["id", "confidence"])
    same = np.allclose(sure, table["confidence"].to_numpy(np.float64, na_value=np.nan), atol=1e-6, equal_nan=True)
    return same and found.tolist() == table["id"].tolist()


def _of_rows(task: JudgesBoxes, boxes: Level, ids: list[str]) -> Scene:
    table = boxes.table([name for name in COLUMNS if name in boxes.source.columns])
    columns = {name: table[name].to_numpy(object if table[name].dtype.kind not in "fi" else None) for name in table}
    return scene_of_table(columns, ids, boxes.classes, task.limits)
