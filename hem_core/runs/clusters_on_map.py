"""The clusters of the embedding as they are labelled on its map: a name, a place and typical rows each."""

from __future__ import annotations

from typing import Any

from hem_core.runs.typical_rows import typical_rows
from hem_core.slices.cluster_names import described_clusters
from hem_core.slices.traits import Traits
from hem_core.store.level import Level

COLUMNS = ("cluster", "x", "y")


def clusters_on_map(level: Level, traits: Traits) -> list[dict[str, Any]]:
    """The clusters of a level with a map, the largest first: cluster, name, x and y (the medians of its rows), n,
    typical (up to three row numbers, see `typical_rows`) and apart (sentences on the columns that set it apart).

    traits: those of `level_traits`. A cluster that nothing sets apart has no name and is left out; a level without
    clusters or without a map has none.
    """
    if not set(COLUMNS) <= set(level.columns()):
        return []
    table: Any = level.table(COLUMNS)
    parts = {str(name): part for name, part in table.groupby("cluster", observed=True)[["x", "y"]]}
    largest = sorted(parts, key=lambda name: (-len(parts[name]), name))
    described = described_clusters(traits)
    named = [name for name in largest if name in described]
    typical = typical_rows(level, [parts[name].index.to_numpy() for name in named])
    return [
        {
            "cluster": name,
            "name": described[name].name,
            "x": float(parts[name]["x"].median()),
            "y": float(parts[name]["y"].median()),
            "n": len(parts[name]),
            "typical": rows,
            "apart": list(described[name].apart),
        }
        for name, rows in zip(named, typical, strict=True)
    ]
