"""Which column of a table holds the labels, and which the texts, where no name says so: by what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from hem_core.catalog._column_types import table_in_types
from hem_core.catalog._compute import pc
from hem_core.catalog._table_file import is_text
from hem_core.class_affix import affixed
from hem_core.class_columns import CONFIDENCE, PREDICTED, PREFIXES, of_prefix, usual

LABEL_NAMES = (
    *("true_label", "true_class", "ground_truth", "y_true", "gold_label", "gold", "truth", "actual", "gt", "y"),
    *("category", "wahre_klasse", "klasse", "kategorie", "etikett", "zielvariable", "ziel"),
)
"""Names of a column of labels, the surest first, which only a user can confirm."""
ID_NAMES = ("example_id", "sample_id", "item_id", "image_id", "uuid", "guid", "kennung", "nummer", "nr")
ID_ENDS = ("_id", "nummer", "_nr", "kennung", "_number", "_no", "_key", "uuid", "guid")
"""How names end that say what an id is of, as in customer_id and Kundennummer."""
ROWS = 20_000
"""Rows that are looked at."""
COVERED = 0.9
"""Share of the predicted classes that must occur among the labels."""
EXPLAINED = 0.1
"""Share of the variance of a column of numbers that its predictions explain."""
LETTERS, DIFFERENT, SPACED = 20, 0.5, 0.5
"""Letters of a text on average, the share of texts that differ, and of those with a space, from which on a column is
one of texts."""


def guessed_label(table: pa.Table, *, may_have_comma: bool = False) -> str | None:
    """The column that the predictions of a table are about; None where there is none, or more than one.

    It holds the classes that are predicted, or numbers that the predicted ones explain better than their mean does. Of
    several with the same classes, one that is always the likeliest class is no label but a prediction.
    Columns of predictions are those that `hem_core.class_columns` names, and those of `hem_core.class_affix`. Where the
    contents decide nothing, a name that is usual does. may_have_comma: 0,7 may be a number, as in a CSV with ";".
    """
    some = table.slice(0, ROWS)
    named = (name for name in some.column_names if usual(name) in PREDICTED)
    predicted = next((name for name in named if not pa.types.is_nested(some[name].type)), None)
    own = {name for name in some.column_names if usual(name) in (*PREDICTED, *CONFIDENCE)}
    own |= {column for prefix in PREFIXES for column in of_prefix(some.column_names, prefix).values()}
    others = [name for name in some.column_names if name not in own]
    for classes in _predicted_classes(some, predicted):
        found = [name for name in others if _is_of(some[name], classes)]
        if len(found) == 1:
            return found[0]
    numbers, _comma = table_in_types(some, some.column_names, may_have_comma=may_have_comma)
    likely = _with_columns_of_classes(numbers, some, others)
    if len(likely) == 1:
        return likely[0]
    nearest = _nearest(numbers, predicted, others) if predicted is not None else None
    return nearest or _named(some, others)


def guessed_id(table: pa.Table) -> str | None:
    """The first column with a usual name of an id, or else with the end of one, whose values are all there and differ;
    None without one. Numbers that may have a fraction are no ids."""
    named = [name for name in table.column_names if usual(name) in ID_NAMES]
    ended = [name for name in table.column_names if usual(name).endswith(ID_ENDS)]
    for name in (*named, *ended):
        column = table[name]
        is_plain = not pa.types.is_nested(column.type) and not pa.types.is_floating(column.type)
        if is_plain and not column.null_count and len(pc.unique(column)) == table.num_rows:
            return name
    return None


def guessed_text(table: pa.Table, *, but: str | None = None) -> str | None:
    """The column of the longest texts, of those with at least 20 letters on average; None where there is none.

    Half of them differ, and most have a space: paths and codes are no texts. but: a column that is something else.
    """
    some, best, longest = table.slice(0, ROWS), None, float(LETTERS)
    for name in some.column_names:
        values = some[name].drop_null()
        if name == but or not is_text(values.type) or not len(values):
            continue
        letters = pc.mean(pc.utf8_length(values)).as_py()
        has_spaces = pc.mean(pc.cast(pc.match_substring(values, " "), pa.float64())).as_py() > SPACED
        if letters >= longest and has_spaces and pc.count_distinct(values).as_py() >= DIFFERENT * len(values):
            best, longest = name, letters
    return best


def _named(table: pa.Table, columns: Iterable[str]) -> str | None:
    """The column with the surest name of labels, of those with two values or more; `y` beside `x` is a coordinate."""
    there = {usual(column): column for column in reversed(list(columns))}
    names = [name for name in LABEL_NAMES if name in there and not (name == "y" and "x" in there)]
    return next((there[name] for name in names if _has_two_values(table[there[name]])), None)


def _has_two_values(column: pa.ChunkedArray) -> bool:
    values = column.drop_null()
    return len(values) > 1 and (pa.types.is_nested(values.type) or len(pc.unique(values)) > 1)


def _predicted_classes(table: pa.Table, predicted: str | None) -> Iterator[set[str]]:
    """The classes that the predictions know: those of the best class, and those that columns are named after."""
    if predicted is not None:
        yield _values(table[predicted])
    for prefix in PREFIXES:
        yield set(of_prefix(table.column_names, prefix))


def _with_columns_of_classes(numbers: pa.Table, written: pa.Table, names: list[str]) -> list[str]:
    """The columns whose values have a column of probabilities each; of several, those not always the likeliest."""
    found = {}
    for name in names:
        if pa.types.is_nested(numbers[name].type) or pa.types.is_floating(numbers[name].type):
            continue
        classes = _values(written[name])
        columns = affixed(numbers, classes, is_guess=True) if len(classes) < numbers.num_columns else {}
        if columns:
            found[name] = columns
    if len(found) < 2:
        return list(found)
    return [name for name, columns in found.items() if not _is_likeliest(numbers, written[name], columns)]


def _is_likeliest(table: pa.Table, values: pa.ChunkedArray, columns: dict[str, str]) -> bool:
    """Whether each value is the class with the highest probability, in the rows that have both."""
    probs = np.stack([table[column].to_numpy() for column in columns.values()], axis=1)  # (N, K)
    is_there = np.isfinite(probs).all(axis=1) & values.is_valid().to_numpy()
    likeliest = np.array(list(columns))[probs[is_there].argmax(axis=1)]
    return bool(np.all(likeliest == np.array([str(value) for value in values.to_pylist()])[is_there]))


def _is_of(values: pa.ChunkedArray, classes: set[str]) -> bool:
    """Whether a column holds these classes and next to nothing else."""
    if len(classes) < 2 or pa.types.is_nested(values.type):
        return False
    known = _values(values)
    covered = len(known & classes)
    return covered >= COVERED * len(classes) and covered >= COVERED * len(known)


def _values(values: pa.ChunkedArray) -> set[str]:
    return {str(one) for one in pc.unique(values).to_pylist() if one is not None}


def _nearest(table: pa.Table, predicted: str, others: list[str]) -> str | None:
    """The column of numbers that the predicted ones are nearest to, if they explain a tenth of its variance."""
    guess, best, most = _numbers(table[predicted]), None, EXPLAINED
    for name in others:
        values = _numbers(table[name])
        if guess is None or values is None:
            continue
        is_known = np.isfinite(values) & np.isfinite(guess)
        spread = np.var(values[is_known]) if is_known.sum() > 2 else 0.0
        explained = 1 - np.mean((values[is_known] - guess[is_known]) ** 2) / spread if spread > 0 else 0.0
        if explained > most:
            best, most = name, explained
    return best


def _numbers(values: pa.ChunkedArray) -> np.ndarray | None:
    try:
        return pc.cast(values, pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
