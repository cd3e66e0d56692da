"""The descriptions of slices with names for their clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hem_core.slices.cluster_names import cluster_names, with_names
from hem_core.slices.traits import Traits


def named_slices(names: Sequence[str], rules: Sequence[Mapping[str, Any]], traits: Callable[[], Traits]) -> list[str]:
    """The descriptions with "cluster is 2.71" as "cluster 2.71 (spam · “free”, “txt”)".

    names, rules: of each slice, as `slices.find` has them. traits: gives those of the level, see `level_traits`; they
    are read only where a slice has a cluster.
    """
    lists = [clause["in"] for rule in rules for clause in rule.get("all", []) if clause.get("column") == "cluster"]
    wanted = {str(one) for values in lists if len(values) == 1 for one in values}
    wanted |= {f"group {str(values[0]).partition('.')[0]}" for values in lists if len(values) > 1}
    found = cluster_names(traits(), sorted(wanted)) if wanted else {}
    return [with_names(text, found) for text in names]
