"""What a task measures of its parts in the pictures of their examples, as columns of their level."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pyarrow as pa

from hem_core.engine.progress import Progress
from hem_core.runs.scored import Scored
from hem_core.tasks import MeasuresParts, Parts

AT_ONCE = 256


def with_measures(scored: Scored, parts: Parts, progress: Progress) -> Parts:
    """The parts with the columns that their task measures, null where a picture is missing; as they are where the task
    measures nothing, or no picture is there."""
    task, inputs = scored.ready.task, scored.ready.inputs
    if not isinstance(task, MeasuresParts) or inputs is None or not parts.table.num_rows:
        return parts
    rows_of = _rows_of(parts.table)
    columns = {name: np.full(parts.table.num_rows, np.nan) for name in task.measures}
    places = [(index, rows_of[id]) for index, id in _pairs(scored) if id in rows_of]
    own = parts.table.drop_columns([name for name in ("evidence",) if name in parts.table.column_names])

    def measure(place: tuple[int, np.ndarray]) -> bool:
        index, rows = place
        picture = inputs.picture(index)
        if picture is None:
            return False
        for name, values in task.measured_in(picture, own.take(pa.array(rows)).to_pylist()).items():
            columns[name][rows] = values
        return True

    n_seen = 0
    with progress.stage("measures of the parts", len(places)) as report, ThreadPoolExecutor(max_workers=2) as pool:
        for start in range(0, len(places), AT_ONCE):
            n_seen += sum(pool.map(measure, places[start : start + AT_ONCE]))
            report(min(start + AT_ONCE, len(places)))
    if not n_seen:
        return parts
    table = parts.table
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values, pa.float32(), from_pandas=True))
    return replace(parts, table=table)


def _pairs(scored: Scored) -> list[tuple[int, str]]:
    """The catalog's row and the id of each example."""
    return list(zip(scored.joined.columns["index"].tolist(), scored.ids, strict=True))


def _rows_of(table: pa.Table) -> dict[str, np.ndarray]:
    """Example -> the rows of its parts."""
    names = np.asarray(table["example"].to_pylist(), object)
    order = np.argsort(names, kind="stable")
    starts = np.flatnonzero(np.r_[True, names[order][1:] != names[order][:-1]])
    return {str(names[part[0]]): part for part in np.split(order, starts[1:])}
