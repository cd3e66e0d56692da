"""The clusters of the embedding as they are labelled on its map: a name and a place each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hem_core.slices.cluster_names import cluster_names
from hem_core.slices.traits import Traits
from hem_core.store.level import Level

COLUMNS = ("cluster", "x", "y")


def clusters_on_map(level: Level, traits: Traits) -> list[dict[str, Any]]:
    """The clusters of a level with a map, the largest first: cluster, name, x and y (the medians of its rows), n.

    traits: those of `level_traits`. A cluster that nothing sets apart has no name and is left out; a level without
    clusters or without a map has none.
    """
    if not set(COLUMNS) <= set(level.columns()):
        return []
    table = level.table(COLUMNS)
    middle = table.groupby("cluster", observed=True)[["x", "y"]].median()
    n = pd.Series(table["cluster"]).value_counts()
    names = cluster_names(traits, [str(one) for one in n.index])
    return [
        {"cluster": str(one), "name": names[str(one)], "x": float(middle.loc[one, "x"]),
         "y": float(middle.loc[one, "y"]), "n": int(n[one])}
        for one in n.index if str(one) in names
    ]  # fmt: skip
