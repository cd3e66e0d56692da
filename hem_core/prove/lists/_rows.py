"""Rows with named values, of a table or of JSON, as entries."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from hem_core.errors import DataError
from hem_core.prove.lists._entry import Entry, Listed, ListOptions

IDS = ("example_id", "id", "sample_id", "uid", "uuid")
PATHS = (
    "filepath", "file_path_abs", "file_path", "filename", "file_name", "path", "image", "image_path", "img",
    "file", "file_upload",
)  # fmt: skip
LABELS = ("corrected_label", "new_label", "label", "choice", "class_name", "suggested_label")
TAGS = ("tags", "tag", "verdict", "choice")
PEOPLE = ("who", "annotator", "completed_by", "annotation_source")
ISSUES = ("is_label_issue", "is_issue")
"""Columns of cleanlab that say which rows are meant."""
INDEX = ("index", "unnamed", "unnamed: 0", "__index_level_0__", "")
"""What the index of a data frame is called once it is a column: cleanlab's row numbers."""
OF_A_TOOL = ("annotation_id", "lead_time", "annotator")
"""Columns of Label Studio, whose own number of a task is in `id`."""


def listed(rows: Sequence[Mapping[str, Any]], options: ListOptions, kind: str, *, source: str) -> Listed:
    """An entry a row. source: the file, for messages. Raises DataError where no row names an example."""
    if not rows:
        return Listed([], kind)
    there = list(dict.fromkeys(str(name) for row in rows for name in row))
    columns = {name.strip().lower(): name for name in there}
    for given, option in ((options.column, "--column"), (options.label_column, "--labels-from")):
        if given is not None and given not in there:
            raise DataError(f"'{source}' has no column '{given}', which {option} names; there are: {', '.join(there)}")
    names = [options.column] if options.column else _name_columns(columns)
    places = None if names else _places(rows, columns, source)
    issue = next((columns[each] for each in ISSUES if each in columns), None)
    label = options.label_column or next((columns[each] for each in LABELS if each in columns), None)
    who = next((columns[each] for each in PEOPLE if each in columns), None)
    entries = [
        Entry(
            tuple(text for name in names if (text := as_text(row.get(name)))),
            places[at] if places else None,
            as_text(row.get(label)) or None if label else None,
            _number(row.get(columns.get("weight", ""))),
            _tags(row, columns),
            person(row.get(who)) if who else "",
            at + 1,
        )
        for at, row in enumerate(rows)
        if issue is None or _is_true(row.get(issue))
    ]
    notes = [f"Only the {len(entries):,} rows whose {issue} is true are meant."] if issue else []
    is_whole = places is not None and sorted(places) == list(range(len(rows)))
    return Listed(entries, kind, notes, n_rows=len(rows) if is_whole else None)


def as_text(value: Any) -> str:
    """A value as the text of an id or a label; "" for nothing."""
    if isinstance(value, Mapping):
        return as_text(value.get("choices") or value.get("$oid"))
    if isinstance(value, list | tuple):
        return as_text(value[0]) if len(value) == 1 else "|".join(map(as_text, value))
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def person(value: Any) -> str:
    """Who gave an answer: an address or a number."""
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("username") or value.get("id")
    return as_text(value)


def tag_names(value: Any) -> list[str]:
    """Tags in a list, or in a cell: a, b; or ['a', 'b']."""
    if isinstance(value, str) and value.strip()[:1] == "[":
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return [value]
    if isinstance(value, str):
        value = value.split(",")
    return [text for each in value if (text := as_text(each))] if isinstance(value, list | tuple) else []


def _name_columns(columns: Mapping[str, str]) -> list[str]:
    ids = PATHS if any(name in columns for name in OF_A_TOOL) and "example_id" not in columns else (*IDS, *PATHS)
    return [columns[name] for name in ids if name in columns]


def _places(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], source: str) -> list[int]:
    """Rows of the data by the index that cleanlab's table has; the order of its own rows may be another."""
    index = next((columns[name] for name in INDEX if name in columns), None)
    if not any(name in columns for name in ISSUES):
        raise DataError(
            f"'{source}' has no column of ids or file names such as {', '.join((*IDS[:2], *PATHS[:3]))}; there are: "
            f"{', '.join(columns.values())}. Name it with --column"
        )
    texts = [as_text(row.get(index)) for row in rows] if index is not None else [""]
    if not all(text.isdecimal() for text in texts):
        raise DataError(
            f"'{source}' has neither ids nor row numbers, and its rows may be sorted or filtered; save it with its "
            "index, or name a column of ids with --column"
        )
    return [int(text) for text in texts]


def _tags(row: Mapping[str, Any], columns: Mapping[str, str]) -> frozenset[str]:
    named = {tag for name in TAGS if name in columns for tag in tag_names(row.get(columns[name]))}
    flags = {str(name) for name, value in row.items() if isinstance(value, bool) and value}
    return frozenset(named | flags)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number else None


def _is_true(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "1", "1.0")
