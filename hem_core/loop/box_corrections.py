"""The boxes of a pool as people had corrected them when the loop began."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.boxes.columns import GIVEN
from hem_core.labels.corrected_column import corrected_column
from hem_core.loop.pool import Pool
from hem_core.loop.run_of import run_of
from hem_core.store.atomic import write_table
from hem_core.store.workspace import open_workspace
from hem_core.tasks import Corrects, MakesItems, Task

FILE = "corrected.parquet"
"""`id` and the boxes of each image that people had corrected."""


@dataclass(frozen=True, eq=False)
class Corrections:
    """A task that knows the corrected boxes, and the targets (N,) that stand for them."""

    task: Task
    targets: np.ndarray
    bytes: bytes
    """What the file holds, for a digest."""


def corrections(folder: Path, workspace: Path, pool: Pool) -> Corrections | None:
    """The corrections in the loop's folder, gathered there from the newest run of the data where it has none yet.

    None for a task whose parts nobody corrects, without a run, and where nothing is corrected.
    Raises DataError where the annotations have changed since that run.
    """
    task = pool.task
    if not isinstance(task, MakesItems) or not isinstance(task, Corrects):
        return None
    path = folder / FILE
    if not path.is_file():
        table = _gathered(workspace, pool, task)
        if table is None:
            return None
        write_table(path, table)
    table = pq.read_table(path)
    place = {id: row for row, id in enumerate(table["id"].to_pylist())}
    rows = pa.array([place.get(id) for id in pool.ids], pa.int64())
    found, targets = task.with_corrected(table[GIVEN].combine_chunks().take(rows))
    is_bare = (pool.targets < 0) & (targets < len(pool.ids))  # no boxes are known of it, and none were added
    return Corrections(found, np.where(is_bare, -1, targets), path.read_bytes())


def _gathered(workspace: Path, pool: Pool, task: Corrects) -> pa.Table | None:
    name = run_of(workspace, pool.name)
    if name is None:
        return None
    opened = open_workspace(workspace)
    log = opened.tags()
    if not len(log.level(task.corrects).state(pool.name)):
        return None
    table = corrected_column(opened.run(name), log, tuple(pool.ready.facts.get("classes") or ()))
    return table if table.num_rows else None
