"""The ways between levels: from a part to its example, and from an example to its parts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from app import loaders, words
from hem_core.store.level_names import of_parts

if TYPE_CHECKING:
    from hem_core.store.level import Level


def relatives(level: Level, rows: Sequence[int]) -> list[list[dict[str, str]]]:
    """For each row, the links to its relatives on other levels, `words` and `address`; none in a run of one level."""
    if not level.is_examples:
        return [[_up(level, str(row["example"]))] for row in level.records(rows, ["example"])]
    others = of_parts(level.info)
    found: list[list[dict[str, str]]] = [[] for _ in rows]
    ids = [str(row["id"]) for row in level.records(rows, ["id"])] if others else []
    for name in others:
        rule = {"all": [{"column": "example", "in": ids}]}
        parts = loaders.level(level.run, name).query(rule, columns=["id", "example"])
        parts_of: dict[str, list[str]] = {}
        for part, example in zip(parts["id"].tolist(), parts["example"].tolist(), strict=True):
            parts_of.setdefault(example, []).append(part)
        for id, links in zip(ids, found, strict=True):
            links += [_down(level, name, parts_of[id])] if id in parts_of else []
    return found


def _up(level: Level, id: str) -> dict[str, str]:
    return {"words": f"part of {id}", "address": f"review?{urlencode({'run': level.run, 'example': id})}"}


def _down(level: Level, name: str, parts: Sequence[str]) -> dict[str, str]:
    rule = json.dumps({"all": [{"rows": list(parts)}]}, separators=(",", ":"))
    address = urlencode({"run": level.run, "level": name, "rule": rule})
    return {"words": words.counted(len(parts), name), "address": f"explore?{address}"}
