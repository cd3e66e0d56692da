"""The tables of a synthetic run, a block at a time: Arrow tables of the columns of a real one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hem_core.media import synthetic as drawings
from hem_core.media.synthetic import FAINT, LEVELS, ODD, OUTLINED, PLAIN, Drawing
from hem_core.runs.synthetic.measured import Columns, Curves
from hem_core.runs.synthetic.rows import (
    AMBIGUOUS,
    CAMERAS,
    KINDS,
    LIGHTS,
    OUTLIER,
    RARE,
    SUBTLE,
    Rows,
    names_of,
    rng_of,
)
from hem_core.runs.synthetic.world import World
from hem_core.store.column_arrays import array_of
from hem_core.tasks import Task

HIDDEN = ("target",)


def ids_of(rows: Rows, n: int) -> np.ndarray:
    """`s0000012`: the ids of a block of a run of n examples, (len,) object, in the order of the rows."""
    digits = max(5, len(str(n - 1)))
    return np.array([f"s{number:0{digits}d}" for number in range(rows.start, rows.start + len(rows))], object)


def scores_table(task: Task, world: World, rows: Rows, columns: Columns, ids: np.ndarray) -> pa.Table:
    """A part of scores.parquet; as `runs.finish.write_scores` has it."""
    index = np.arange(rows.start, rows.start + len(rows))
    table: dict[str, pa.Array] = {"id": pa.array(ids, pa.string()), "index": pa.array(index, pa.int64())}
    table |= task.table(columns, list(world.classes))
    rest = [name for name in columns if name not in table and name not in HIDDEN]
    twins = pa.array(columns["duplicate_group"], pa.int64(), mask=columns["duplicate_group"] < 0)
    table |= {name: twins if name == "duplicate_group" else array_of(columns[name]) for name in rest}
    return pa.table(table)


def catalog_table(world: World, rows: Rows, ids: np.ndarray) -> pa.Table:
    """A part of catalog.parquet: ids, labels, what is drawn, columns of a user's own, and what was planted."""
    numbers = drawing_of(world, rows)
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            "label": pa.array(names_of(rows.given, world.classes), pa.string()),
            drawings.COLUMN: pa.array(numbers, pa.int64()),
            "camera": pa.array(names_of(rows.camera, CAMERAS), pa.string()),
            "light": pa.array(names_of(rows.light, LIGHTS), pa.string()),
            "brightness": pa.array(rows.brightness, pa.float32()),
            "planted_kind": pa.array(names_of(rows.kind, KINDS), pa.string()),
            "true_label": pa.array(names_of(rows.truth, world.classes), pa.string()),
            "content_hash": pa.array([drawings.digest(number) for number in numbers.tolist()], pa.string()),
        }
    )


def map_table(rows: Rows) -> pa.Table:
    """A part of projection.parquet."""
    return pa.table({"x": pa.array(rows.xy[:, 0]), "y": pa.array(rows.xy[:, 1])})


def dynamics_table(rows: Rows, curves: Curves, ids: np.ndarray) -> pa.Table:
    """A part of dynamics.parquet."""
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            "confidence": _lists(curves.confidences.astype(np.float32)),
            "margin": _lists(curves.margins),
            "is_correct": _lists(curves.hits == 1),
            "target": pa.array(rows.given, pa.int64()),
        }
    )


def drawing_of(world: World, rows: Rows) -> np.ndarray:
    """(n,) int64: the picture of each row, by its true class, what was planted, and how surely it can be told."""
    rng, n = rng_of(world, rows.start, 7), len(rows)
    seed = rng.integers(0, 2**31, n)
    is_twin = rows.twin >= 0
    seed[is_twin] = seed[rows.twin[is_twin] - rows.start]
    style = np.full(n, PLAIN)
    for kind, of_kind in ((OUTLIER, ODD), (RARE, OUTLINED), (SUBTLE, FAINT)):
        style[rows.kind == kind] = of_kind
    blend = np.where(rows.kind == AMBIGUOUS, rng.integers(13, 19, n), rng.integers(0, 4, n))
    noise = np.clip(rng.integers(0, 5, n) + 6 * (rows.noise - 0.55) + is_twin, 0, LEVELS).astype(np.int64)
    return Drawing(seed, rows.truth, world.partner[rows.truth], blend, noise, style).packed()


def _lists(values: np.ndarray) -> pa.Array:
    offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.ravel()))


def failures_table() -> pa.Table:
    """failures.parquet: every example can be scored."""
    return pa.table(
        {"id": pa.array([], pa.string()), "index": pa.array([], pa.int64()), "reason": pa.array([], pa.string())}
    )
