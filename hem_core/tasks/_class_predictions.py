"""Predictions of classes in columns of the data, as one list of numbers a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.class_columns import BEST_ALONE, LISTS, OF_A_MODEL, ClassColumns, class_columns, without_column
from hem_core.errors import DataError
from hem_core.tasks._prediction_column import numbers_in

TRUTH = {"0": "false", "1": "true", "false": "false", "true": "true"}
"""Truth values, which are 0 and 1 among the features of a table, in small letters."""
TOLERANCE = 0.02
"""How far from 1 the probabilities of most rows may sum."""


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
    Raises DataError for columns that hold no numbers, for classes without a column beside others that have one, and
    for probabilities that do not sum to 1.
    """
    there = [name for name in OF_A_MODEL if name in catalog.column_names]
    if any(name in LISTS for name in there):
        return ListedPredictions(catalog.select(there), tuple(there))
    counts = Counter(catalog["label"].drop_null().to_pylist())
    labels = sorted(counts)
    found = class_columns(catalog, counts)
    if found is None:
        _check_whole(catalog, labels)
        return None
    if found.second:
        values, classes, note = numbers_in(catalog, found.second)[:, None], tuple(labels), ""
    else:
        values, classes, note = (
            _of_best(catalog, found, labels) if found.predicted else _of_columns(catalog, found, labels)
        )
    lists = pa.table({found.holds: _as_lists(values)} | {name: catalog[name] for name in there})
    return ListedPredictions(lists, (*found.columns, *there), classes, note)


def _check_whole(catalog: pa.Table, labels: list[str]) -> None:
    """Raise DataError where some classes have a column of predictions and others have none."""
    lacking, there = without_column(catalog.column_names, labels)
    if lacking:
        raise DataError(
            f"there is no column of predictions for {_few(lacking)} beside {_few(list(there.values()))}; "
            "add one for each class that occurs among the labels"
        )


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _of_columns(
    catalog: pa.Table, found: ClassColumns, labels: Collection[str]
) -> tuple[np.ndarray, tuple[str, ...] | None, str]:
    values = np.stack([numbers_in(catalog, name) for name in found.of.values()], axis=1)
    first, *_, last = found.of.values()
    if found.holds == "probs":
        more = [] if found.are_numbers else [name for of, name in found.of.items() if of not in labels]
        _check_sum(values, f"the columns {first} to {last}", more)
    what = "probabilities" if found.holds == "probs" else "logits"
    is_exact = set(found.of) == set(labels)
    note = "" if is_exact else f"The columns {first} to {last} are the {what} of {len(found.of)} classes."
    return values, None if found.are_numbers else tuple(found.of), note


def _check_sum(values: np.ndarray, columns: str, more: list[str]) -> None:
    """Raise DataError where the probabilities of most rows do not sum to 1. more: columns that no label names."""
    totals = values.sum(axis=1)
    total = float(np.median(totals[np.isfinite(totals)])) if np.isfinite(totals).any() else 1.0
    if abs(total - 1) <= TOLERANCE:
        return
    way = f"rename those that are of no class, as no label is that of {_few(more)}" if more else "scale them"
    way = "divide them by 100" if abs(total - 100) <= 100 * TOLERANCE else way
    raise DataError(f"{columns} hold probabilities that sum to {total:.3g} in most rows, not to 1; {way}")


def _of_best(catalog: pa.Table, found: ClassColumns, labels: list[str]) -> tuple[np.ndarray, tuple[str, ...], str]:
    best = [_name(each, labels) for each in catalog[found.predicted].to_pylist()]
    classes = tuple(sorted({*labels, *best} - {None}))
    if len(classes) < 2:
        raise DataError(f"the labels and the column '{found.predicted}' name one class; expected two or more")
    confidence = numbers_in(catalog, found.confidence)
    known = confidence[~np.isnan(confidence)]
    if known.size and (known.min() < 0 or known.max() > 1):
        raise DataError(f"the column '{found.confidence}' holds {known.max():.4g}; expected probabilities from 0 to 1")
    place = {name: index for index, name in enumerate(classes)}
    index = np.array([place[each] if each is not None else -1 for each in best])
    values = np.repeat(((1 - confidence) / (len(classes) - 1))[:, None], len(classes), axis=1)  # (N, K)
    values[np.arange(len(index)), index] = confidence
    values[index < 0] = np.nan
    note = (
        f"The columns {found.predicted} and {found.confidence} {BEST_ALONE}: the rest of the probability "
        "is spread evenly over the other classes, so scores of doubt between classes say little."
    )
    return values, classes, note


def _name(value: Any, labels: Collection[str]) -> str | None:
    """A predicted class as the labels write it: 1.0 as "1", a truth value as "true" or "True"."""
    if value is None or value != value:
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    truth = TRUTH.get(text.casefold(), text)
    return text if text in labels else next((each for each in labels if each.casefold() == truth), text)


def _as_lists(values: np.ndarray) -> pa.Array:
    """(N, K) as lists of K floats."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
