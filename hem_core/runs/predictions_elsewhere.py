"""What was predicted elsewhere: in lists of a Parquet file, in columns of the data, or in a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hem_core import catalog as catalogs
from hem_core.catalog.table import is_parquet
from hem_core.models.column_predictions import ColumnPredictions
from hem_core.models.predictions import Predictions, listed_predictions, open_predictions
from hem_core.tasks import ListsPredictions, ReadsPredictions, Task

EMBEDDING = "embedding"
LISTS = ("logits", "probs", EMBEDDING)
"""Columns of lists that are of a model, whether they are read or not."""


@dataclass(frozen=True)
class Elsewhere:
    """The predictions, None where there are none, and the catalog without the columns that held them.

    classes: the names of the outputs, where the predictions say them.
    """

    predictions: Predictions | ColumnPredictions | None
    catalog: pa.Table
    classes: tuple[str, ...] | None = None


def predicted_elsewhere(task: Task, catalog: pa.Table, data: Any, *, is_trained: bool) -> Elsewhere:
    """The predictions that come with the data.

    is_trained: a model is still to be trained, so that columns are data; lists in a Parquet file count all the same.
    Raises DataError for predictions that cannot be read.
    """
    if isinstance(task, ReadsPredictions):
        raw = None if is_trained else task.raw_in(catalog, catalogs.info(catalog))
        found = ColumnPredictions.of(Path(data) if is_parquet(data) else None, raw) if raw is not None else None
        return Elsewhere(found, catalog)
    own = open_predictions(Path(data)) if is_parquet(data) else None
    if own is not None or is_trained or not isinstance(task, ListsPredictions):
        return Elsewhere(own, without_lists(catalog))
    return _of_columns(task, catalog, data)


def without_lists(catalog: pa.Table) -> pa.Table:
    """The catalog without predictions and embeddings in lists, where another model is scored."""
    return catalog.drop_columns([name for name in LISTS if name in catalog.column_names and _is_list(catalog, name)])


def _is_list(catalog: pa.Table, name: str) -> bool:
    return pa.types.is_nested(catalog.schema.field(name).type)


def none_there(task: Task, catalog: pa.Table) -> str:
    """The end of a sentence on data without predictions."""
    expected = getattr(task, "prediction_columns", "predictions")
    return f"has not {expected}; there are: {', '.join(catalog.column_names[:10])}"


def _of_columns(task: ListsPredictions, catalog: pa.Table, data: Any) -> Elsewhere:
    found = task.listed_predictions(catalog)
    if found is None:
        return Elsewhere(None, catalog)
    facts = catalogs.info(catalog)
    lists = found.lists
    if is_parquet(data) and EMBEDDING in pq.read_schema(data).names:
        lists = lists.append_column(EMBEDDING, pq.read_table(data, columns=[EMBEDDING])[EMBEDDING])
    notes = (found.note,) if found.note else ()
    predictions = listed_predictions(lists, str(facts["source"]), notes)
    if "features" in facts:
        facts["features"] = [each for each in facts["features"] if each["name"] not in found.columns]
    rest = catalog.drop_columns(list(found.columns))
    return Elsewhere(predictions, catalogs.with_info(rest, **facts), found.classes)
