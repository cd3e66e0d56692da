"""A filter typed as SQL: `difficulty > 90 AND reason = 'rare'`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hem_core.errors import DataError
from hem_core.store.database import cursor


def columns_in(where: str, columns: Iterable[str]) -> set[str]:
    """The columns that a typed filter reads, upper or lower case.

    Raises DataError unless the text is one expression: no second statement, no query inside, so that it
    reads nothing but the columns of its row.
    """
    column_of = {name.casefold(): name for name in columns}
    parts = list(_parts(_parse(where)))
    if any(part.get("class") == "SUBQUERY" for part in parts):
        raise DataError(f"where must be a condition on the columns without a query inside it; got: {where}")
    names = [part["column_names"] for part in parts if part.get("class") == "COLUMN_REF"]
    return {column_of[name.casefold()] for path in names for name in path if name.casefold() in column_of}


def _parse(where: str) -> dict[str, Any]:
    query = f"SELECT 1 FROM examples WHERE {where}"  # without brackets: its own must be balanced
    (text,) = cursor().execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchone() or ("{}",)
    parsed = json.loads(text)
    if parsed.get("error"):
        raise DataError(f"where is not a condition: {parsed['error_message']}; got: {where}")
    nodes = [statement["node"] for statement in parsed["statements"]]
    if len(nodes) != 1 or not _is_plain(nodes[0]):
        raise DataError(f"where must be one condition on the columns; got: {where}")
    return nodes[0]["where_clause"]


def _is_plain(node: dict[str, Any]) -> bool:
    """Is this SELECT 1 FROM examples WHERE …, with nothing smuggled in behind a bracket?"""
    return (
        node["type"] == "SELECT_NODE"
        and not node.get("modifiers")
        and not node.get("group_expressions")
        and node.get("having") is None
        and node.get("qualify") is None
        and node["from_table"]["type"] == "BASE_TABLE"
    )


def _parts(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _parts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _parts(value)
