"""JSON Lines, or a JSON list of objects: a column a key, its values in the types that JSON has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._as_text import plain
from hem_core.catalog._text_file import read_utf8
from hem_core.errors import DataError


def read_json(path: Path) -> tuple[pa.Table, list[str]]:
    """One row an object, null where it lacks a key; strings stay strings, dates among them. And what is worth noting.

    A column of mixed types becomes text. Raises DataError, with the line, for what is no JSON object.
    """
    data, notes = read_utf8(path)
    rows = _rows(data.decode(), path)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names}), notes


def _rows(text: str, path: Path) -> list[dict[str, Any]]:
    listed = _list(text, path)
    if listed is not None:
        return listed
    lines = text.split("\n")
    rows = _at_once([line for line in lines if line.strip()])
    if rows is not None:
        return rows
    return [_object(line, f"line {number} of '{path}'") for number, line in enumerate(lines, 1) if line.strip()]


def _at_once(lines: list[str]) -> list[dict[str, Any]] | None:
    """The objects of all lines, parsed as one list, which is faster; None where a line is not one object."""
    try:
        rows = json.loads(f"[{','.join(lines)}]")
    except (ValueError, RecursionError):
        return None
    return rows if len(rows) == len(lines) and all(isinstance(row, dict) for row in rows) else None


def _list(text: str, path: Path) -> list[dict[str, Any]] | None:
    """The objects of one JSON list; None when the file is none, but lines. Raises DataError for one big object."""
    start = text.lstrip()[:1]
    if start == "{" and ".json" in [suffix.lower() for suffix in path.suffixes]:
        _refuse_object(text, path)
    if start != "[":
        return None
    rows = _parsed(text, f"'{path}'")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DataError(
                f"entry {number} of '{path}' is a {type(row).__name__}; expected an object with the columns"
            )
    return rows


def _refuse_object(text: str, path: Path) -> None:
    try:
        value_by_name = json.loads(text)
    except (ValueError, RecursionError):
        return  # lines
    if any(isinstance(value, list | dict) for value in value_by_name.values()):
        raise DataError(
            f"'{path}' is one object with {', '.join(list(value_by_name)[:5])}; expected one object per row, in lines "
            "or a list (from pandas: to_json(path, orient='records', lines=True))"
        )


def _object(line: str, where: str) -> dict[str, Any]:
    row = _parsed(line, where)
    if not isinstance(row, dict):
        raise DataError(f'{where} is a {type(row).__name__}; expected one object per line, such as {{"id": …}}')
    return row


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise DataError(f"{where} is nested too deeply") from error
    except ValueError as error:
        words = str(error) if len(str(error)) < 120 else f"{str(error)[:119]}…"
        raise DataError(f"{where} is not JSON: {words}; expected one object per line, or a list of objects") from error


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeError):
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = plain(value)
    try:
        return text if text is None else text.encode().decode()
    except UnicodeError as error:
        raise DataError(f"a value has half of a surrogate pair, which is no text: {ascii(text)[:80]}") from error
