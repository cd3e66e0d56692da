"""What was predicted elsewhere: in lists of a Parquet file, in columns of the data, or in a file of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core import catalog as catalogs
from hem_core.catalog._prediction_lists import embedding_lists, prediction_lists
from hem_core.catalog.table import is_parquet
from hem_core.class_columns import EMBEDDING, LISTS, OF_A_MODEL
from hem_core.models.column_predictions import ColumnPredictions
from hem_core.models.predictions import Predictions, listed_predictions, open_predictions
from hem_core.tasks import ListsPredictions, NamesPredictions, ReadsPredictions, Task, reads_lists


@dataclass(frozen=True)
class Elsewhere:
    """The predictions, None where there are none, and the catalog without the columns that held them.

    classes: the names of the outputs, where the predictions say them.
    """

    predictions: Predictions | ColumnPredictions | None
    catalog: pa.Table
    classes: tuple[str, ...] | None = None


def predicted_elsewhere(
    task: Task, catalog: pa.Table, data: Any, beside: Path | str | None = None, *, is_trained: bool
) -> Elsewhere:
    """The predictions that come with the data, or are in a file of their own, `beside`.

    is_trained: a model is still to be trained, so that columns are data; lists in a Parquet file count all the same.
    Raises DataError for predictions that cannot be read.
    """
    if isinstance(task, ReadsPredictions):
        rest = catalog.drop_columns([name for name in OF_A_MODEL if name in catalog.column_names and reads_lists(task)])
        raw, digest = None if is_trained else task.raw_in(rest, catalogs.info(catalog)), ""
        if raw is None and not is_trained and reads_lists(task):
            raw = _of_lists(task, rest, data, beside)
            is_in_data = is_parquet(data) and beside is None  # then the file itself says which they are
            digest = hashlib.sha256(raw.tobytes()).hexdigest() if raw is not None and not is_in_data else ""
        if raw is None:
            return Elsewhere(None, rest)
        is_table = EMBEDDING in catalog.column_names  # a file of annotations is none, and has no lists
        found, rest = _with_embeddings(raw, digest, rest, data if is_parquet(data) or is_table else None, beside)
        if isinstance(task, NamesPredictions):
            rest = _without_features(rest, task.columns_read(rest, catalogs.info(rest)))
        return Elsewhere(found, rest)
    is_beside = beside is not None and isinstance(task, ListsPredictions)
    own = open_predictions(Path(data)) if is_parquet(data) and not is_beside else None
    if own is not None or is_trained or not isinstance(task, ListsPredictions):
        return Elsewhere(own, without_lists(catalog))
    return _of_columns(task, _with_lists(catalog, data, beside), data)


def _with_lists(catalog: pa.Table, data: Any, beside: Path | str | None) -> pa.Table:
    """The catalog with the lists of a Parquet file `beside`, which stay there, and those that a CSV has as text."""
    there = [name for name in LISTS if name in catalog.column_names]
    are_texts = any(pa.types.is_string(catalog.schema.field(name).type) for name in there)
    if there and not are_texts:
        return catalog
    lists = prediction_lists(data if are_texts else None, beside, catalog["id"])
    if lists is None:
        return catalog
    name = lists.column_names[0]
    return catalog.drop_columns(there).append_column(name, lists[name])


def _of_lists(task: ReadsPredictions, catalog: pa.Table, data: Any, beside: Path | str | None) -> np.ndarray | None:
    """The raw outputs in a list column of the data or of the file of predictions; None without one."""
    lists = prediction_lists(data, beside, catalog["id"])
    if lists is None:
        return None
    return task.raw_in(catalog.append_column(lists.column_names[0], lists.column(0)), catalogs.info(catalog))


def _with_embeddings(
    raw: np.ndarray, digest: str, catalog: pa.Table, data: Any, beside: Path | str | None
) -> tuple[ColumnPredictions, pa.Table]:
    """The predictions with the embeddings of the data or of the file beside it, and the catalog without these."""
    path = Path(data) if is_parquet(data) else None
    is_in_data = path is not None and EMBEDDING in pq.read_schema(path).names
    is_of_boxes = bool(catalogs.info(catalog).get("annotations"))
    found = None if is_of_boxes else embedding_lists(None if is_in_data else data, beside, catalog["id"])
    if found is None:
        return ColumnPredictions.of(path, raw, digest), catalog
    of_lists = hashlib.sha256(digest.encode())
    for part in (found[EMBEDDING].combine_chunks().value_lengths(), found[EMBEDDING].combine_chunks().flatten()):
        of_lists.update(part.to_numpy(zero_copy_only=False).tobytes())
    rest = _without_features(catalog, [EMBEDDING]).drop_columns([n for n in (EMBEDDING,) if n in catalog.column_names])
    return ColumnPredictions.of(path, raw, of_lists.hexdigest(), found), rest


def without_lists(catalog: pa.Table) -> pa.Table:
    """The catalog without predictions and embeddings in lists, where another model is scored."""
    return catalog.drop_columns(
        [name for name in OF_A_MODEL if name in catalog.column_names and _is_list(catalog, name)]
    )


def _is_list(catalog: pa.Table, name: str) -> bool:
    return pa.types.is_nested(catalog.schema.field(name).type)


def none_there(task: Task, catalog: pa.Table) -> str:
    """The end of a sentence on data without predictions."""
    reads = isinstance(task, ReadsPredictions | ListsPredictions)
    expected = f"; expected {task.prediction_columns}" if reads else ""
    return f"holds no predictions{expected}; there are: {', '.join(catalog.column_names[:10])}"


def _of_columns(task: ListsPredictions, catalog: pa.Table, data: Any) -> Elsewhere:
    found = task.listed_predictions(catalog)
    if found is None:
        return Elsewhere(None, catalog)
    facts = catalogs.info(catalog)
    lists = found.lists
    if EMBEDDING in lists.column_names and pa.types.is_string(lists.schema.field(EMBEDDING).type):
        texts = embedding_lists(data, None, catalog["id"])  # of a CSV
        lists = lists.drop_columns([EMBEDDING])
        lists = lists.append_column(EMBEDDING, texts[EMBEDDING]) if texts is not None else lists
    if is_parquet(data) and EMBEDDING in pq.read_schema(data).names:
        lists = lists.append_column(EMBEDDING, pq.read_table(data, columns=[EMBEDDING])[EMBEDDING])
    notes = (found.note,) if found.note else ()
    predictions = listed_predictions(lists, str(facts["source"]), notes)
    rest = _without_features(catalog, found.columns).drop_columns(list(found.columns))
    return Elsewhere(predictions, rest, found.classes)


def _without_features(catalog: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The catalog with the same columns, of which these are no features: a later training must not see them."""
    facts = catalogs.info(catalog)
    if "features" not in facts:
        return catalog
    return catalogs.with_info(catalog, features=[each for each in facts["features"] if each["name"] not in columns])
