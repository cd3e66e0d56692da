"""Answers about very many rows, so that a page need not have their numbers: pages of the gallery, counts of bins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.responses import JSONResponse, Response

from app.wire import arrays, columns, masks
from app.wire.door import NEVER, Refused, text, whole
from app.wire.identity import is_row, own_level, own_scores, row_numbers
from hem_core.store import density

if TYPE_CHECKING:
    from hem_core.store.level import Level

FROM_ROWS = 300_000
"""With more rows than this a page asks for answers like these instead of the numbers of all rows."""
MOST_A_PAGE, MOST_COLUMNS, MOST_BINS, MOST_RULES = 1_001, 20, 250, 4


def size(level: Level) -> dict[str, Any]:
    """What a page is told of the number of rows."""
    return {"n": level.n, "is_crowd": level.n > FROM_ROWS}


def page(body: dict[str, Any]) -> Response:
    """Some rows of a rule, sorted by a score: `length` of them from place `start` on, how many there are, and what
    these rows have in some `columns` of numbers.

    With `around`, a row, `start` is counted from its place and may be negative; a row that the rule leaves out has the
    first place.
    """
    level = asked_level(body)
    values = arrays.numbers(level, number_column(level, body, "score"))
    found, length, is_descending = masks.mask(level, body.get("rule")), whole(body, "length"), _is_descending(body)
    start = whole(body, "start") if "around" not in body else _start_around(level, values, found, body)
    if length > MOST_A_PAGE:
        raise Refused(400, f"a page has at most {MOST_A_PAGE} rows; got {length}")
    rows = density.page(values, found, start, length, is_descending=is_descending)
    total = level.n if found is None else int(np.count_nonzero(found))
    answer = {"total": total, "start": start, "rows": rows.tolist(), "values": _values(level, rows, body)}
    return JSONResponse(answer, headers=NEVER)


def values(body: dict[str, Any]) -> Response:
    """The values of some `rows` in some `columns` of numbers."""
    level = asked_level(body)
    rows = row_numbers(level, body.get("rows"), MOST_A_PAGE)
    return JSONResponse({"values": _values(level, rows, body)}, headers=NEVER)


def counts(body: dict[str, Any]) -> Response:
    """How many rows of each rule fall in each bin of a column of numbers; with `mean_of`, the mean of another there."""
    level = asked_level(body)
    rules = body.get("rules")
    if not isinstance(rules, list) or not 0 < len(rules) <= MOST_RULES:
        raise Refused(400, f"'rules' must be a list of 1 to {MOST_RULES} rules")
    bins, count = _bins(level, number_column(level, body, "column"), body)
    weights = _weights(level, body["mean_of"]) if body.get("mean_of") else None
    found = [_counted(bins, count, masks.mask(level, rule), weights) for rule in rules]
    return JSONResponse({"counts": found}, headers=NEVER)


def spread(level: Level, name: str) -> dict[str, Any]:
    """Between which numbers a column is coloured, and its smallest positive one; None where there is none."""
    if name not in columns.described(level) or level.columns().get(name) != "number":
        raise Refused(404, f"{level.title} has no column of numbers '{name}'")
    low, high = clip(level, name)
    return {"clip": [low, high], "least": _least(arrays.numbers(level, name))}


def clip(level: Level, name: str) -> tuple[float, float]:
    """Between which numbers a column is coloured."""
    if columns.described(level)[name]["unit"] == "percentile":
        return 0.0, 100.0
    ends = arrays.kept(level, ("clip", name), lambda: np.array(density.spread(arrays.numbers(level, name))))
    return float(ends[0]), float(ends[1])


def asked_level(body: dict[str, Any]) -> Level:
    """The level that a page asks about, scored as the page shows it. Raises ConflictError."""
    level = own_level(body)
    own_scores(body, level)
    return level


def number_column(level: Level, body: dict[str, Any], field: str) -> str:
    """The column of numbers that a field of a request names. Raises Refused."""
    name = text(body, field)
    if name not in columns.described(level) or level.columns().get(name) != "number":
        raise Refused(404, f"'{field}': {level.title} has no column of numbers '{name}'")
    return name


def finite(body: dict[str, Any], field: str) -> float:
    """The finite number in a field of a request. Raises Refused."""
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(400, f"'{field}' must be a number; got {value!r:.40}")
    return float(value)


def _is_descending(body: dict[str, Any]) -> bool:
    return body.get("is_descending") is True


def _start_around(level: Level, values: np.ndarray, mask: np.ndarray | None, body: dict[str, Any]) -> int:
    row, offset = body["around"], finite(body, "start")
    if not is_row(level, row):
        raise Refused(400, f"'around' must be a row from 0 to {level.n - 1}")
    place = density.place(values, mask, row, is_descending=_is_descending(body))
    return max(0, (place or 0) + int(offset))


def _values(level: Level, rows: np.ndarray, body: dict[str, Any]) -> dict[str, list[float | None]]:
    """Column -> the values of the rows, None for what is no finite number."""
    names = body.get("columns", [])
    if not isinstance(names, list) or len(names) > MOST_COLUMNS:
        raise Refused(400, f"'columns' must be a list of at most {MOST_COLUMNS} columns")
    known = [number_column(level, {"columns": name}, "columns") for name in names]
    found = {name: arrays.numbers(level, name)[rows].tolist() for name in known}
    return {name: [one if math.isfinite(one) else None for one in column] for name, column in found.items()}


def _bins(level: Level, name: str, body: dict[str, Any]) -> tuple[np.ndarray, int]:
    """(N,) uint8, the bin of each row, 255 for none; and how many bins there are."""
    low, width, count = finite(body, "low"), finite(body, "width"), whole(body, "count")
    if not 0 < count <= MOST_BINS or width <= 0:
        raise Refused(400, f"'count' must be 1 to {MOST_BINS} bins of a positive width")
    ends = (finite(body, "from"), finite(body, "to")) if body.get("is_log") is True else None
    if ends and not 0 < ends[0] <= ends[1]:
        raise Refused(400, "'from' and 'to' of a logarithmic axis must be positive")
    key = ("bins", name, low, width, count, ends)
    return arrays.kept(level, key, lambda: _binned(arrays.numbers(level, name), low, width, count, ends)), count


def _binned(values: np.ndarray, low: float, width: float, count: int, ends: tuple[float, float] | None) -> np.ndarray:
    out = np.empty(len(values), np.uint8)
    for part in density.blocks(len(values)):
        placed = values[part].astype(np.float64)
        if ends:
            placed = np.where(placed < np.inf, np.log10(placed.clip(*ends)), np.nan)
        step = np.floor((placed - low) / width)
        step[step == count] = count - 1
        out[part] = np.where((step >= 0) & (step < count), step, 255)
    return out


def _weights(level: Level, name: object) -> np.ndarray:
    """What a mean is taken of: a column of numbers, or 1 where a column of truth values says false."""
    described = columns.described(level)
    if not isinstance(name, str) or name not in described:
        raise Refused(404, f"'mean_of': {level.title} has no column {name!r:.60}")
    if described[name]["kind"] == "number":
        return arrays.numbers(level, name)
    codes, names = columns.coded(level, name), described[name]["names"]
    is_wrong = np.array([float(one == "false") for one in names] + [np.nan], np.float32)
    return is_wrong[np.minimum(codes, len(names)) if codes.dtype.kind == "u" else codes]  # a missing value has no name


def _counted(bins: np.ndarray, count: int, mask: np.ndarray | None, weights: np.ndarray | None) -> list[float]:
    totals, sums = np.zeros(256, np.int64), np.zeros(256)
    for part in density.blocks(len(bins)):
        chosen = bins[part] if mask is None else bins[part][mask[part]]
        if weights is None:
            totals += np.bincount(chosen, minlength=256)
            continue
        weight = weights[part] if mask is None else weights[part][mask[part]]
        is_known = ~np.isnan(weight)
        totals += np.bincount(chosen[is_known], minlength=256)
        sums += np.bincount(chosen[is_known], weight[is_known], minlength=256)
    shown = totals if weights is None else sums / np.maximum(totals, 1)
    return shown[:count].tolist()


def _least(values: np.ndarray) -> float | None:
    positive = values[(values > 0) & (values < np.inf)]
    return float(positive.min()) if len(positive) else None
