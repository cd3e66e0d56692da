"""Labels that are sets of tags, however they come: lists of names, rows of 0 and 1, a column for each tag.

Rows and columns of other numbers are several numbers to predict, see `_number_labels`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.catalog import _number_labels as numbers
from hem_core.errors import DataError
from hem_core.tag_sets import TagSet, joined

TASK = "multilabel"
"""The task that such labels name."""
UNKNOWN = "_unknown"
"""Behind the name of a column of lists: the column of the tags of which nobody knows whether an example has them."""
YES, NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
MISSING = {"", "na", "n/a", "nan", "null", "none", "<na>"}
"""In a column of one tag these stand for: not known."""


@dataclass(frozen=True)
class TagLabels:
    """The label of each example as one text, and the facts that go with them."""

    texts: list[str | None]
    facts: dict[str, Any] = field(default_factory=dict)


def is_set(label: Any) -> bool:
    """Whether a label is several values: a list of names, or a row of numbers."""
    if isinstance(label, list | tuple | set | frozenset):
        return True
    return getattr(label, "ndim", 0) == 1


def of_sets(
    labels: Sequence[Any], names: Sequence[str] | None, source: str, unknown: Sequence[Any] | None = None
) -> TagLabels:
    """Labels that are lists of names or of class indices, rows of 0, 1 and NaN, or objects name -> yes or no.

    None is no label, an empty list a set without a tag. names: of the K tags where they are known. unknown: beside
    lists of names, for each example the list of the tags of which nobody knows whether it has them; None for none.
    Rows are 0s and 1s where all have one length and one of them repeats a value, which no set does. Rows of one length
    with decimal numbers are no sets: they are the numbers to predict.
    Raises DataError for anything else.
    """
    values = [_plain(label) for label in labels]
    if any(isinstance(value, dict) for value in values):
        return _of_objects(values, source)
    if _are_rows(values):
        return _of_rows(values, names, source)
    if numbers.are_rows(values):
        return TagLabels(*numbers.texts_of_rows(values, names))
    texts: list[str | None] = []
    for row, value in enumerate(values):
        if value is not None and not isinstance(value, list):
            raise DataError(f"row {row} of '{source}' has the label {value!r}; the others are lists of tags")
        open_ = _names(_plain(unknown[row]) or [], names, row, source) if unknown is not None else []
        own = [name for name in _names(value or [], names, row, source) if name not in open_]
        texts.append(None if value is None else joined(TagSet(_once(own), _once(open_))))
    return TagLabels(texts, _facts("list", names))


def of_columns(table: pa.Table, named: str) -> tuple[pa.Table, str, dict[str, Any]] | None:
    """The table with one label in the place of the columns "a,b,c" or "tag_*", its name, and the facts.

    Columns of numbers other than 0 and 1 are several numbers to predict. None where `named` is one column, or no such
    list. Raises DataError for a cell of a tag that is neither yes nor no nor empty.
    """
    columns = columns_named(table, named)
    if columns is None:
        return None
    if numbers.are_numbers(table, list(columns.values())):
        texts, facts = numbers.texts_of_columns(table, list(columns.values()))
    else:
        names, states = list(columns), states_of(table, columns)
        texts, facts = [None if np.isnan(row).all() else _text(row, names) for row in states], _facts("columns", names)
    kept = table.drop_columns(list(columns.values()))
    label = next(name for name in ("label", "labels", "tags", "tag_set") if name not in kept.column_names)
    return kept.append_column(label, pa.array(texts, pa.string())), label, facts


def states_of(table: pa.Table, columns: Mapping[str, str]) -> np.ndarray:
    """(N, K) 1 yes, 0 no, NaN not known, of the columns of K tags. Raises DataError for any other cell."""
    return np.stack([_states(table[column], column) for column in columns.values()], axis=1)


def columns_named(table: pa.Table, named: str) -> dict[str, str] | None:
    """Tag -> column, for "a,b,c" or "tag_*"; None where `named` is one column, or no such list.

    Raises DataError where a listed column is missing, or a pattern matches none.
    """
    if named in table.column_names:
        return None
    if "*" in named:
        before, _star, after = named.partition("*")
        matching = [name for name in table.column_names if fnmatchcase(name, named)]
        if not matching:
            raise DataError(f"no column matches '{named}'; there are: {', '.join(table.column_names)}")
        if "*" in after:
            return {name: name for name in matching}
        return {name[len(before) : len(name) - len(after)] or name: name for name in matching}
    parts = [part.strip() for part in named.split(",") if part.strip()]
    if len(parts) < 2:
        return None
    gone = [part for part in parts if part not in table.column_names]
    if gone:
        raise DataError(f"no label column '{gone[0]}'; there are: {', '.join(table.column_names)}")
    return {part: part for part in parts}


def _states(column: pa.ChunkedArray, name: str) -> np.ndarray:
    """(N,) 1 yes, 0 no, NaN not known."""
    return np.array([_state(value, f"the column '{name}'") for value in column.to_pylist()], np.float64)


def _state(value: Any, where: str) -> float:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return math.nan
    word = str(value).strip().lower()
    if word in MISSING:
        return math.nan
    if word in YES or word in NO:
        return float(word in YES)
    raise DataError(
        f"{where} holds '{value}'; the column of a tag has 1 for yes, 0 for no, and nothing where it is not known; "
        "columns of numbers to predict hold numbers alone"
    )


def _plain(label: Any) -> Any:
    """A label in plain Python: None, a list, a dict, or what it was."""
    if hasattr(label, "tolist"):
        label = label.tolist()
    if label is None or (isinstance(label, float) and math.isnan(label)):
        return None
    if isinstance(label, set | frozenset):
        return sorted(label)
    return list(label) if isinstance(label, tuple) else label


def _are_rows(values: Sequence[Any]) -> bool:
    """Whether the lists are rows of 0, 1 and NaN, one number a tag, and not lists of class indices."""
    rows = [value for value in values if isinstance(value, list)]
    if not rows or len({len(row) for row in rows}) > 1 or not rows[0]:
        return False
    flat = [each for row in rows for each in row]
    if any(isinstance(each, str) for each in flat):
        return False
    is_state = all(each is None or each in (0, 1) or (isinstance(each, float) and math.isnan(each)) for each in flat)
    is_float = any(isinstance(each, float | bool) or each is None for each in flat)
    return is_state and (is_float or any(len(set(row)) < len(row) for row in rows))


def _of_rows(values: Sequence[Any], names: Sequence[str] | None, source: str) -> TagLabels:
    width = next(len(value) for value in values if value is not None)
    if names is not None and len(names) != width:
        raise DataError(f"the labels in '{source}' are rows of {width} numbers and there are {len(names)} classes")
    tags = list(names) if names is not None else [str(k) for k in range(width)]
    texts: list[str | None] = []
    for value in values:
        row = np.full(width, np.nan) if value is None else np.array([_state(each, source) for each in value])
        texts.append(None if np.isnan(row).all() else _text(row, tags))
    return TagLabels(texts, _facts("rows", tags))


def _of_objects(values: Sequence[Any], source: str) -> TagLabels:
    """Objects name -> yes or no; a name that an object lacks is not known."""
    names = list(dict.fromkeys(name for value in values if isinstance(value, Mapping) for name in value))
    texts: list[str | None] = []
    for value in values:
        row = np.array([_state((value or {}).get(name), f"'{name}' in '{source}'") for name in names])
        texts.append(None if np.isnan(row).all() else _text(row, names))
    return TagLabels(texts, _facts("objects", names))


def _text(row: np.ndarray, names: Sequence[str]) -> str:
    given = tuple(names[k] for k in np.flatnonzero(row == 1).tolist())
    return joined(TagSet(given, tuple(names[k] for k in np.flatnonzero(np.isnan(row)).tolist())))


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _names(value: list[Any], names: Sequence[str] | None, row: int, source: str) -> list[str]:
    """The names in a list; those that numbers stand for where the names are known."""
    words = []
    for each in value:
        if each is None:
            continue
        if isinstance(each, list | dict):
            raise DataError(f"row {row} of '{source}' has the tag {each!r}, which is no name")
        if names is not None and isinstance(each, int):
            if not 0 <= each < len(names):
                raise DataError(f"row {row} of '{source}' has the tag {each}; there are {len(names)} classes")
            words.append(str(names[each]))
        else:
            words.append(str(int(each)) if isinstance(each, float) and each.is_integer() else str(each))
    return words


def _facts(form: str, names: Sequence[str] | None) -> dict[str, Any]:
    """`tag_sets`: how the sets came; `task`, since such labels can be nothing else; `tags` in their order."""
    facts: dict[str, Any] = {"tag_sets": form, "task": TASK}
    return facts | ({"tags": [str(name) for name in names]} if names is not None else {})
