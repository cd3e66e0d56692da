"""Predictions that were made elsewhere, in the place of a model: columns, lists, or a file by id."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core import catalog as catalogs
from hem_core.catalog._prediction_lists import prediction_lists
from hem_core.catalog.table import is_parquet
from hem_core.errors import ModelError
from hem_core.models.column_predictions import ColumnPredictions
from hem_core.models.predictions import Predictions, open_predictions
from hem_core.runs.options import Options
from hem_core.tasks import ReadsPredictions, Task, reads_lists


def made_elsewhere(
    task: Task, catalog: pa.Table, data: Any, options: Options, *, is_trained: bool
) -> Predictions | ColumnPredictions | None:
    """What was predicted elsewhere: in columns that the task names, else logits or probabilities of a Parquet file.

    is_trained: a train function makes the model, so None is fine. Raises ModelError where nothing is found otherwise.
    """
    found = _found(task, catalog, data, options, is_trained=is_trained)
    if found is None and not is_trained:
        source = catalogs.info(catalog)["source"]
        raise ModelError(
            f"no --model was given, nor --train, and '{source}' {_without_predictions(task, catalog, data)}"
        )
    return found


def _found(
    task: Task, catalog: pa.Table, data: Any, options: Options, *, is_trained: bool
) -> Predictions | ColumnPredictions | None:
    if not isinstance(task, ReadsPredictions):
        return open_predictions(Path(data)) if is_parquet(data) else None
    if is_trained:
        return None
    raw, digest = task.raw_in(catalog, catalogs.info(catalog)), ""
    if raw is None and reads_lists(task):
        raw = _listed(task, catalog, data, options)
        digest = hashlib.sha256(raw.tobytes()).hexdigest() if raw is not None and not is_parquet(data) else ""
    return ColumnPredictions.of(Path(data) if is_parquet(data) else None, raw, digest) if raw is not None else None


def _listed(task: ReadsPredictions, catalog: pa.Table, data: Any, options: Options) -> np.ndarray | None:
    """The raw outputs in a list column of the data or of the file of predictions; None without one."""
    lists = prediction_lists(data, options.predictions, catalog["id"])
    if lists is None:
        return None
    return task.raw_in(catalog.append_column(lists.column_names[0], lists.column(0)), catalogs.info(catalog))


def _without_predictions(task: Task, catalog: pa.Table, data: Any) -> str:
    if isinstance(task, ReadsPredictions):
        return f"has not {task.prediction_columns}; there are: {', '.join(catalog.column_names[:10])}"
    if not is_parquet(data):
        return "is no Parquet file with predictions: columns id, label, and logits or probs (lists of K floats)"
    there = ", ".join(pq.read_schema(data).names[:10])
    return f"has no column logits or probs (lists of K floats); there are: {there}"
