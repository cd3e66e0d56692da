"""The training dynamics of the parts of examples, as columns of their level and as its curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from hem_core.dynamics.table import Dynamics, to_table
from hem_core.runs.scored import Scored
from hem_core.runs.set_scores import dynamics_scores
from hem_core.store.atomic import write_table
from hem_core.tasks import Parts


def with_dynamics(scored: Scored, parts: Parts, recorded: Dynamics | None) -> Parts:
    """The parts with the scores of what was recorded under their ids, null for a part that was not; as they are where
    nothing was. Their curves go to `<level>/dynamics.parquet`."""
    ids = parts.table["id"].to_pylist()
    if recorded is None or not set(recorded.ids) & set(ids):
        return parts
    aligned = recorded.align(ids)
    columns = dynamics_scores(aligned, None)
    table = parts.table
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values.astype(np.float32), pa.float32(), from_pandas=True))
    home = scored.plan.folder / parts.level
    home.mkdir(exist_ok=True)
    write_table(home / "dynamics.parquet", to_table(aligned))
    return replace(parts, table=table, judged=(*parts.judged, *columns))
