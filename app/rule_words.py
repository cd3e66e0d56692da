"""A rule in the words of Explore: columns by their titles, clusters by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app import loaders
from app.wire import columns
from hem_core.store.rule_text import describe

if TYPE_CHECKING:
    from hem_core.store.level import Level


def in_words(rule: Mapping[str, Any] | None, level: Level) -> str:
    """A rule in one line, as the chips of Explore say it; "everything" without a rule."""
    clusters = _clusters(level) if "cluster" in _columns(rule) else {}

    def named(column: str, value: str) -> str:
        if column == "reason":
            return value.replace("_", " ")
        return clusters.get(value, value) if column == "cluster" else value

    return describe(rule, lambda name: columns.words_of(name, level)[0], named)


def _clusters(level: Level) -> dict[str, str]:
    return {one["cluster"]: one["name"] for one in loaders.clusters_on_map(level)}


def _columns(rule: Mapping[str, Any] | None) -> set[str]:
    clauses = (clause.get("not", clause) for clause in (rule or {}).get("all", []))
    return {clause["column"] for clause in clauses if "column" in clause}
