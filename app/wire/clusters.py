"""The clusters of the embedding with their names, for the labels on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from app import loaders
from app.wire.identity import own_level, own_scores
from hem_core.slices.cluster_names import cluster_names

if TYPE_CHECKING:
    from hem_core.store.level import Level

COLUMNS = ("cluster", "x", "y")


def clusters(body: dict[str, Any]) -> dict[str, Any]:
    """The clusters of a level that has a map, the largest first: cluster, name, x and y (of its middle), n."""
    level = own_level(body)
    own_scores(body, level)
    kinds = level.columns()
    if kinds.get("cluster") != "category" or not set(COLUMNS) <= set(kinds):
        return {"clusters": []}
    return {"clusters": loaders.named_clusters(level)}


def named_clusters(level: Level) -> list[dict[str, Any]]:
    """Computed once: see `clusters`. One that nothing sets apart has no name and is left out."""
    table = level.table(COLUMNS)
    middle = table.groupby("cluster", observed=True)[["x", "y"]].median()
    n = pd.Series(table["cluster"]).value_counts()
    names = cluster_names(loaders.traits(level), [str(one) for one in n.index])
    return [
        {"cluster": one, "name": names[one], "x": float(middle.loc[one, "x"]), "y": float(middle.loc[one, "y"]),
         "n": int(n[one])}
        for one in n.index if one in names
    ]  # fmt: skip
