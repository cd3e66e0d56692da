"""The descriptions of slices with names for their clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hem_core.slices.cluster_names import cluster_names, with_names
from hem_core.slices.traits import Traits


def named_slices(names: Sequence[str], rules: Sequence[Mapping[str, Any]], traits: Callable[[], Traits]) -> list[str]:
    """The descriptions with "cluster is 2.71" as "cluster spam, “free”, “txt”", the name that the map has for it.

    names, rules: of each slice, as `slices.find` has them. traits: gives those of the level, see `level_traits`; they
    are read only where a slice has a cluster.
    """
    clauses = [clause for rule in rules for clause in rule.get("all", [])]
    if not any(clause.get("column") == "cluster" for clause in clauses):
        return list(names)
    found = cluster_names(traits())
    return [with_names(text, found) for text in names]
