"""Which rows a rule matches, clause by clause: each is resolved once for all sessions, most of them without a query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from app import loaders
from app.wire import arrays, columns, payloads
from hem_core.store import rules

if TYPE_CHECKING:
    from hem_core.store.level import Level

Clause = Mapping[str, Any]


def mask(level: Level, rule: Mapping[str, Any] | None) -> np.ndarray | None:
    """(N,) bool, which rows a rule matches by the tags of now, not to be changed; None for a rule without clauses.

    The same rows as `Level.rows` gives. Raises DataError for a rule that this level cannot follow.
    """
    clauses = rules.clauses(rule)
    if not clauses:
        return None
    rules.validate(rule, level.columns())
    found = [_of_clause(level, clause) for clause in clauses]
    return found[0] if len(found) == 1 else np.logical_and.reduce(found)


def count(level: Level, rule: Mapping[str, Any] | None) -> int:
    """How many rows a rule matches."""
    found = mask(level, rule)
    return level.n if found is None else int(np.count_nonzero(found))


def rows(level: Level, rule: Mapping[str, Any] | None) -> np.ndarray:
    """The numbers of the rows that a rule matches, ascending int64: `Level.rows`."""
    found = mask(level, rule)
    return np.arange(level.n) if found is None else np.flatnonzero(found)


def _of_clause(level: Level, clause: Clause) -> np.ndarray:
    revision = loaders.tags().revision(level.data) if rules.needs_tags({"all": [clause]}) else -1
    key = ("mask", json.dumps(clause, sort_keys=True), revision)
    return arrays.kept(level, key, lambda: _made(level, clause))


def _made(level: Level, clause: Clause) -> np.ndarray:
    match clause:
        case {"not": inner}:
            return ~_of_clause(level, inner)
        case {"polygon": {"x": x, "y": y, "points": points}} if _is_float(level, x) and _is_float(level, y):
            return arrays.placed(level, x, y).inside(points)
        case {"column": name, "in": values} if name in columns.described(level) and not _is_number(level, name):
            return _among(level, name, values)
        case {"column": name, **bounds} if set(bounds) <= {"min", "max"} and _is_float(level, name):
            return _between(arrays.numbers(level, name), bounds.get("min"), bounds.get("max"))
    tags = loaders.tags_of(level).state(level.data) if rules.needs_tags({"all": [clause]}) else None
    found = np.zeros(level.n, bool)
    found[level.rows({"all": [clause]}, tags=tags)] = True
    return found


def _is_number(level: Level, name: str) -> bool:
    return level.columns().get(name) == "number"


def _is_float(level: Level, name: str) -> bool:
    """Whether the array of a column has its values as they are stored; wider numbers are for a query."""
    return _is_number(level, name) and pa.types.is_float32(level.source.types[name])


def _among(level: Level, name: str, values: list[Any]) -> np.ndarray:
    codes, names = columns.coded(level, name), columns.described(level)[name]["names"]
    wanted = {"" if value is None else payloads.as_text(value) for value in values if value is not None}
    is_chosen = np.array([one in wanted for one in names] + [None in values], bool)
    return is_chosen[np.minimum(codes, len(names)) if codes.dtype.kind == "u" else codes]  # -1 is the last one, too


def _between(values: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Both ends included, compared as doubles; a missing value is in no range."""
    if low is None and high is None:
        return ~np.isnan(values)
    found = np.ones(len(values), bool)
    if low is not None:
        found &= values >= _rounded(float(low), up=True)
    if high is not None:
        found &= values <= _rounded(float(high), up=False)
    return found


def _rounded(bound: float, *, up: bool) -> np.float32:
    """The nearest float32 on one side of a double: a float32 is beyond it where it is beyond the double."""
    with np.errstate(over="ignore"):
        near = np.float32(bound)
    if (float(near) < bound) if up else (float(near) > bound):
        near = np.nextafter(near, np.float32(np.inf if up else -np.inf))
    return near
