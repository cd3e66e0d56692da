"""What a run would read of some data, before anything is scored: rows, columns, task, predictions, and what is wrong.

Nothing is written and torch is not imported, so that a page can show it while a form is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from hem_core import catalog as catalogs
from hem_core.buckets.mirror import local
from hem_core.catalog.table import TableColumns, columns_of, is_parquet
from hem_core.class_columns import OF_A_MODEL
from hem_core.errors import DataError, HemError
from hem_core.models.column_predictions import ColumnPredictions
from hem_core.paths import check_path
from hem_core.runs.predictions_elsewhere import Elsewhere, none_there, predicted_elsewhere
from hem_core.tasks import (
    DEFAULT,
    ModelFacts,
    RecognizesLabels,
    TargetOptions,
    Targets,
    Task,
    is_known,
    load,
    names,
    names_labels,
    takes_names,
)

ROWS = 5
"""Rows that are shown."""


@dataclass(frozen=True)
class Request:
    """How the data are to be read; None and {} where it is to be found out."""

    source: str
    task: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """`id_column`, `label_column`, … of the reader -> the column."""
    images: str | None = None
    predictions: str | None = None
    classes: tuple[str, ...] | None = None
    separator: str | None = None
    is_trained: bool = False
    """Whether a train function makes the predictions."""


@dataclass(frozen=True, eq=False)
class DataPreview:
    """What was read so far; what failed is in `problem`."""

    reader: str = ""
    """The reader of the catalog, such as "table"; "" where none takes the source."""
    takes: tuple[str, ...] = ()
    """Files beside the data that this reader takes: "images", "predictions"."""
    columns: TableColumns | None = None
    """The columns of a table; None for other data."""
    n: int = 0
    rows: pa.Table | None = None
    """The first rows, as they are in the data."""
    task: str = DEFAULT
    """The requested task, or the one that the labels look like."""
    is_fixed: bool = False
    """Whether the data themselves name the task."""
    labels: tuple[str, ...] = ()
    """The labels that occur, sorted."""
    n_unlabelled: int = 0
    """Rows whose label cannot be used."""
    predictions: str = ""
    """What holds the predictions, in words; "" where there are none."""
    classes: tuple[str, ...] = ()
    """The classes in the order of the outputs, as they would be scored."""
    guesses: Mapping[str, str] = field(default_factory=dict)
    """Options of the reader that were neither named nor found by name, but guessed from what the columns hold."""
    notes: tuple[str, ...] = ()
    missing: str = ""
    """Why there is nothing to score yet: the data hold no predictions."""
    problem: str = ""
    """Why the data cannot be read or scored like this."""

    @property
    def is_ready(self) -> bool:
        """Whether a run can be started."""
        return bool(self.reader) and not self.problem and not self.missing


def data_preview(request: Request) -> DataPreview:
    """Read the data as `hem_core.score` would, up to their labels and predictions."""
    found = DataPreview()
    try:
        request = _local(request)
        _check_is_there(request.source)
        name, options = catalogs.reader_of(request.source)
        found = replace(found, reader=name, takes=options)
        if found.reader == "table":
            columns = columns_of(Path(request.source), rows=ROWS)
            found = replace(found, columns=columns, n=columns.n, rows=columns.head)
            found, request = _guessed(found, request, columns)
        beside = {"images": request.images, "predictions": request.predictions}
        catalog = catalogs.read(request.source, **request.columns, **beside)
        found = _with_catalog(found, catalog, request)
        return _with_predictions(found, catalog, request)
    except HemError as error:
        if found.rows is None and (request.images or request.predictions):  # what is beside the data may be the reason
            found = data_preview(replace(request, images=None, predictions=None))
        return replace(found, problem=str(error), missing="")


def _check_is_there(source: str) -> None:
    check_path(source, "the data")
    if not Path(source).exists() and not catalogs.opens(source):
        raise DataError(f"nothing is at '{source}'")


def _local(request: Request) -> Request:
    """The request with local copies of what lies in a bucket."""
    beside = {"images": local(request.images), "predictions": local(request.predictions)}
    own = {"source": request.source if catalogs.opens(request.source) else local(request.source), **beside}
    return replace(request, **{name: str(place) for name, place in own.items() if place is not None})


def _guessed(found: DataPreview, request: Request, columns: TableColumns) -> tuple[DataPreview, Request]:
    """The request with the columns that can be guessed; a text is none where other inputs were named."""
    inputs = {"image_column", "text_column", "feature_columns"} & set(request.columns)
    guesses = {
        name: column
        for name, column in columns.guesses.items()
        if name not in request.columns
        and column not in request.columns.values()
        and not (name == "text_column" and (inputs or request.is_trained))
    }
    return replace(found, guesses=guesses), replace(request, columns={**guesses, **request.columns})


def _with_catalog(found: DataPreview, catalog: pa.Table, request: Request) -> DataPreview:
    facts = catalogs.info(catalog)
    rows = found.rows if found.rows is not None else _printable(catalog.slice(0, ROWS))
    named = facts.get("task")
    labels = set(catalog["label"].to_pylist()) - {None}
    return replace(
        found,
        n=catalog.num_rows,
        rows=rows,
        task=str(named or request.task or suggested_task(catalog)),
        is_fixed=named is not None,
        labels=tuple(sorted(labels)),
        notes=tuple(facts.get("notes", [])),
    )


def suggested_task(catalog: pa.Table) -> str:
    """The task that the labels of a catalog look like."""
    facts = catalogs.info(catalog)
    tasks = ((name, load(name)) for name in names())
    fit = (name for name, task in tasks if isinstance(task, RecognizesLabels) and task.recognizes(catalog, facts))
    return str(facts.get("task") or next(fit, DEFAULT))


def _with_predictions(found: DataPreview, catalog: pa.Table, request: Request) -> DataPreview:
    task = load(found.task)
    there = predicted_elsewhere(task, catalog, request.source, request.predictions, is_trained=request.is_trained)
    if there.predictions is None and not request.is_trained:
        return replace(found, missing=none_there(task, catalog))
    targets = _targets(task, there, request)
    return replace(
        found,
        predictions=_in_words(there, catalog, request),
        classes=targets.classes or tuple(targets.facts.get("tags") or ()),
        n_unlabelled=int(np.sum(~is_known(targets.values))),
        notes=tuple(dict.fromkeys([*targets.facts.get("notes", []), *_notes(there)])),
    )


def _targets(task: Task, there: Elsewhere, request: Request) -> Targets:
    """The labels, checked against the predictions, or as they would be trained on."""
    made = there.predictions
    n_outputs, is_in_columns = (made.n_classes, True) if made is not None else (0, False)
    model = ModelFacts(n_outputs, class_names=there.classes, first_label=0 if made else 1, is_in_columns=is_in_columns)
    facts = catalogs.info(there.catalog)
    return task.read_targets(there.catalog, facts, model, TargetOptions(request.classes, separator=request.separator))


def _in_words(there: Elsewhere, catalog: pa.Table, request: Request) -> str:
    """`in the columns prob_cat, prob_dog: 2 outputs per example`; `in results.json`."""
    if there.predictions is None:
        return ""
    if request.predictions:
        return f"in {Path(request.predictions).name}"
    held = [name for name in catalog.column_names if name not in there.catalog.column_names]
    if not held and is_parquet(request.source):
        import pyarrow.parquet as pq

        held = [name for name in pq.read_schema(request.source).names if name in OF_A_MODEL]
    if isinstance(there.predictions, ColumnPredictions) or not held:
        return "in the data"
    return f"in {_columns_in_words(held)}: {there.predictions.n_classes:,} outputs per example"


def _columns_in_words(held: Sequence[str]) -> str:
    if len(held) > 3:
        return f"{len(held):,} columns from {held[0]} to {held[-1]}"
    return f"the column{'s' * (len(held) != 1)} {', '.join(held)}"


def _notes(there: Elsewhere) -> list[str]:
    return list(there.predictions.notes) if there.predictions is not None else []


def _printable(table: pa.Table) -> pa.Table:
    """The columns that a table of a page can show: no lists of boxes."""
    return table.select([item.name for item in table.schema if not pa.types.is_nested(item.type)])


def takes_class_order(name: str) -> bool:
    """Whether the outputs of predictions can be named for a task."""
    task = load(name)
    return ("classes" in task.offers or takes_names(task)) and not names_labels(task)


def option_words(text: str, words: Mapping[str, str]) -> str:
    """A message with the options of the command line replaced by the names that another shell has for them."""
    for option in sorted(words, key=len, reverse=True):
        text = text.replace(option, words[option])
    return text
