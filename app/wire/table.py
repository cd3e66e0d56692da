"""The table of Explore: the columns that it can show, the rows of a rule, sorted and a page at a time, and its CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import loaders
from app.wire import arrays, columns, payloads
from app.wire.door import NEVER, Refused, posted, whole
from app.wire.identity import own_level, own_scores
from app.wire.older_words import in_todays_words
from hem_core.store import rules

if TYPE_CHECKING:
    from hem_core.store.level import Level

MOST_ROWS = 500
"""Rows whose cells are in one answer."""
MOST_NUMBERS = 10_000
"""Rows that one answer only numbers, for a range that is picked."""
MOST_COLUMNS = 200
LONGEST_CELL = 400


def table_routes() -> list[Route]:
    """The routes that a table posts to; what it asks of them is in the functions below."""
    answers = {"table": page, "table-rows": numbers, "table-csv": csv}
    return [Route(f"/hem/{name}", posted(answer), methods=["POST"]) for name, answer in answers.items()]


def fields(level: Level, _request: Request | None = None) -> Response:
    """Every column of a level that a table can show, texts included: name, title, unit, kind, meaning."""
    found = []
    for name, kind in level.columns().items():
        title, unit = columns.words_of(name, level)
        about = {"name": name, "title": title, "unit": unit, "kind": kind}
        found.append({**about, "meaning": columns.meaning(level, name)})
    return JSONResponse(found, headers=NEVER)


def page(body: dict[str, Any]) -> dict[str, Any]:
    """Some rows of a rule in an order: `rows`, their numbers, and `cells`, for each row the values of `columns`.

    body: rule, columns, sort (a column or null), descending, offset, limit. Raises Refused for more than MOST_ROWS.
    """
    level, names = _level(body), _names(body)
    rows = _part(level, body, MOST_ROWS)
    records = in_todays_words(level, level.records(rows, names)) if len(rows) else []
    return {"rows": rows.tolist(), "cells": [[_cell(one[name]) for name in names] for one in records]}


def numbers(body: dict[str, Any]) -> dict[str, Any]:
    """The same without cells: `rows`, the numbers of up to MOST_NUMBERS rows."""
    return {"rows": _part(_level(body), body, MOST_NUMBERS).tolist()}


def csv(body: dict[str, Any]) -> Response:
    """All rows of a rule in an order, with the columns that are shown and their tags, as CSV."""
    level, names = _level(body), _names(body)
    chosen = list(dict.fromkeys(["id", *names]))
    found = level.at(_order(level, body), chosen)
    tagged = payloads.with_tags(found, loaders.tags_of(level).state(level.data))
    return Response(payloads.to_csv(tagged), media_type="text/csv; charset=utf-8", headers=NEVER)


def _level(body: dict[str, Any]) -> Level:
    level = own_level(body)
    own_scores(body, level)
    return level


def _names(body: dict[str, Any]) -> list[str]:
    names = body.get("columns")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > MOST_COLUMNS:
        raise Refused(400, f"'columns' must be a list of up to {MOST_COLUMNS} names")
    return names


def _part(level: Level, body: dict[str, Any], most: int) -> np.ndarray:
    offset, limit = whole(body, "offset"), whole(body, "limit")
    if limit > most:
        raise Refused(400, f"at most {most:,} rows a request; got {limit:,}")
    return _order(level, body)[offset : offset + limit].astype(np.int64)


def _order(level: Level, body: dict[str, Any]) -> np.ndarray:
    """The row numbers of a rule, sorted; kept, so that the next page is a slice."""
    rule, sort, descending = body.get("rule"), body.get("sort"), body.get("descending") is True
    if sort is not None and not isinstance(sort, str):
        raise Refused(400, "'sort' must be the name of a column, or null")
    log = loaders.tags_of(level)
    revision = log.revision(level.data) if rules.needs_tags(rule) else -1

    def sorted_rows() -> np.ndarray:
        tags = log.state(level.data) if revision >= 0 else None
        found = level.query(rule, tags=tags, columns=[], order=sort, descending=descending)
        return found["row"].to_numpy(np.uint32)

    return arrays.kept(level, ("order", json.dumps(rule, sort_keys=True), revision, sort, descending), sorted_rows)


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    if value is pd.NaT or value is pd.NA:
        return None
    text = str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
