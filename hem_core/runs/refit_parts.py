"""People's verdicts on parts, such as boxes, teach a finished run which labels of parts are suspect."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core import tasks
from hem_core.errors import RunError
from hem_core.store import verdicts as known
from hem_core.store.atomic import write_json, write_table
from hem_core.store.column_arrays import array_of
from hem_core.store.run import Run, open_run
from hem_core.store.workspace import open_workspace


def refit_parts(run: Run, level: str, kept: Mapping[str, np.ndarray]) -> Run:
    """Name the reasons of a level again, with verdicts that say whether a label is right, beside planted errors.

    Rewrites reason, reason_prob and evidence of the level, `reason` of the examples, then `reasons`, `task_settings`
    and `fingerprint` of run.json. Refitting from the same verdicts gives the same bytes. Returns the run.
    Raises RunError when the task of the run has no parts that it can calibrate.
    """
    task = tasks.of(run.info)
    if not isinstance(task, tasks.CalibratesParts):
        raise RunError(f"the task '{task.name}' of the run {run.folder} cannot be refitted on the level '{level}'")
    table = pq.read_table(run.folder / f"{level}.parquet")
    fitted = task.refitted(table, kept, _verdicts(run, level))
    _write(run, level, table, {name: array_of(values) for name, values in fitted.columns.items()})
    scores = pq.read_table(run.folder / "scores.parquet")
    reason = [fitted.of_examples.get(id, "easy") for id in scores["id"].to_pylist()]
    _write(run, "scores", scores, {"reason": pa.array(reason, pa.string())})
    info = {**run.info, "reasons": {**(run.info.get("reasons") or {}), **fitted.info}}
    info["task_settings"] = dict(fitted.settings)
    base = str(run.info.get("fingerprint") or "").partition("-")[0]
    digest = hashlib.sha256()
    for name in ("scores", level):
        digest.update((run.folder / f"{name}.parquet").read_bytes())
    write_json(run.folder / "run.json", {**info, "fingerprint": f"{base}-{digest.hexdigest()[:16]}"})
    return open_run(run.folder)


def _verdicts(run: Run, level: str) -> dict[str, bool]:
    """Id of a part -> whether its label is wrong, by verdicts on single parts that say so."""
    found = known.reviews(known.in_state(open_workspace(run.folder).tags_to_read().level(level).state(run.data)))
    says: dict[str, bool] = dict.fromkeys(known.RIGHT, False) | dict.fromkeys(known.WRONG, True)
    pairs: list[tuple[Any, Any]] = list(zip(found.index.tolist(), found["tag"].tolist(), strict=True))
    return {str(id): says[tag] for id, tag in sorted(pairs) if tag in says}


def _write(run: Run, name: str, table: pa.Table, columns: Mapping[str, pa.Array]) -> None:
    for column, values in columns.items():
        table = table.set_column(table.column_names.index(column), column, values)
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    write_table(run.folder / f"{name}.parquet", table, metadata=metadata)
