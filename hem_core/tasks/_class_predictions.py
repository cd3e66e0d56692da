"""Predictions of classes in columns of the data, as one list of numbers a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hem_core.class_columns import ClassColumns, class_columns
from hem_core.errors import DataError

LISTS = ("logits", "probs", "embedding")


@dataclass(frozen=True)
class ListedPredictions:
    """lists: a table with a column `logits` or `probs` of K floats a row; classes: their names, None where not known.

    columns: those of the catalog that held them.
    """

    lists: pa.Table
    columns: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    note: str = ""


def listed(catalog: pa.Table) -> ListedPredictions | None:
    """The predictions among the columns of a catalog: lists as they are, else those that `class_columns` finds.

    Of the best class and its confidence, the rest of the probability goes to the other classes in equal parts. Of two
    classes the second is the later one by name: 1, true, yes.
    Raises DataError for columns that hold no numbers, and for a best class that no label has.
    """
    there = [name for name in LISTS if name in catalog.column_names]
    if any(name in ("logits", "probs") for name in there):
        return ListedPredictions(catalog.select(there), tuple(there))
    labels = sorted(set(catalog["label"].to_pylist()) - {None})
    found = class_columns(catalog, set(labels))
    if found is None:
        return None
    if found.second:
        values, classes, note = _numbers(catalog, found.second)[:, None], tuple(labels), ""
    else:
        values, classes, note = _of_best(catalog, found, labels) if found.predicted else _of_columns(catalog, found)
    lists = pa.table({found.holds: _as_lists(values)} | {name: catalog[name] for name in there})
    return ListedPredictions(lists, (*found.columns, *there), classes, note)


def _of_columns(catalog: pa.Table, found: ClassColumns) -> tuple[np.ndarray, tuple[str, ...] | None, str]:
    values = np.stack([_numbers(catalog, name) for name in found.of.values()], axis=1)
    first, *_, last = found.of.values()
    note = f"The columns {first} to {last} are the {found.holds} of {len(found.of)} classes."
    return values, None if found.are_numbers else tuple(found.of), note


def _of_best(catalog: pa.Table, found: ClassColumns, labels: list[str]) -> tuple[np.ndarray, tuple[str, ...], str]:
    best = [None if each is None else str(each) for each in catalog[found.predicted].to_pylist()]
    classes = tuple(sorted({*labels, *best} - {None}))
    if len(classes) < 2:
        raise DataError(f"the labels and the column '{found.predicted}' name one class; expected two or more")
    confidence = _numbers(catalog, found.confidence)
    known = confidence[~np.isnan(confidence)]
    if known.size and (known.min() < 0 or known.max() > 1):
        raise DataError(f"the column '{found.confidence}' holds {known.max():.4g}; expected probabilities from 0 to 1")
    index = np.array([classes.index(each) if each is not None else -1 for each in best])
    values = np.repeat(((1 - confidence) / (len(classes) - 1))[:, None], len(classes), axis=1)  # (N, K)
    values[np.arange(len(index)), index] = confidence
    values[index < 0] = np.nan
    note = (
        f"The columns {found.predicted} and {found.confidence} hold the best class alone: the rest of the probability "
        "is spread evenly over the other classes, so scores of doubt between classes say little."
    )
    return values, classes, note


def _numbers(catalog: pa.Table, name: str) -> np.ndarray:
    """(N,) float64, NaN where there is none."""
    column = catalog[name]
    try:
        return column.cast(pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"the column '{name}' of predictions is of {column.type}; expected numbers") from error


def _as_lists(values: np.ndarray) -> pa.Array:
    """(N, K) as lists of K floats."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
