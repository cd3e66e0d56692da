"""A model whose quality is measured on all examples together, scored for a check and compared with the stored run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hem_core.buckets.address import is_address
from hem_core.engine.progress import Listener
from hem_core.errors import DataError
from hem_core.runs.score import score
from hem_core.sets.check_runs import RunCheck, check_runs
from hem_core.sets.opened_set import OpenedSet
from hem_core.sets.own_factory import is_weights, own_factory

ANSWERS = "predictions"
"""The reading option that names a file of answers: those of the stored run are not the new model's."""


def check_model(
    opened: OpenedSet,
    model: Any,
    *,
    weights: Path | str | None = None,
    predictions: Path | str | None = None,
    device: str | None = None,
    progress: Listener | None = None,
) -> RunCheck:
    """Score the data of a set's run with another model, or read its predictions, and compare on the set's examples.

    model: as for `hem_core.score`, or a file of weights for the factory that the run names; None with predictions, a
    file that it made. Nothing is left in the workspace.
    Raises HemError when the data are gone, or the model does not fit.
    """
    run, ids = opened.run, opened.example_ids
    data = next((place for place in (run.info["data"].get("path"), run.info["data"].get("source")) if place), None)
    if data is None or not (is_address(data) or Path(data).exists()):
        raise DataError(f"the data of run '{run.name}' are no longer at '{data}'; put them back, or score a run there")
    if is_weights(model, weights):
        model, weights = own_factory(run), model
    columns = dict(run.info.get("parameters", {}).get("columns") or {}) | {ANSWERS: None}
    if predictions is not None:
        columns[ANSWERS] = str(predictions)
    columns = {name: value for name, value in columns.items() if value}
    with tempfile.TemporaryDirectory(prefix="hem-check-") as folder:
        out = Path(folder) / (Path(str(predictions)).stem if predictions else "model")
        options: dict[str, Any] = {"name": run.data, "task": run.info["task"], "columns": columns, "device": device}
        made = score(model, data, out=out, weights=weights, has_map=False, oos="none", progress=progress, **options)
        return check_runs(run, made, ids=ids)
