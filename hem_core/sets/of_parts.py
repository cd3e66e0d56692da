"""A set of parts as the examples that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.store.run import Run


def examples_of(rows: pd.DataFrame, run: Run, level: str) -> pd.DataFrame:
    """One row an example, in the order of its first part: `id`, `weight` and `parts`, the ids of its parts in the set.

    rows: of the level, with `id` and maybe `weight`. An example has the largest weight of its parts, 1 without any.
    """
    import pandas as pd

    table = run.level(level).table(["id", "example"])
    example_of = dict(zip(table["id"], table["example"], strict=True))
    own = rows["weight"].tolist() if "weight" in rows else [1.0] * len(rows)
    weights: dict[str, float] = {}
    parts: dict[str, list[str]] = {}
    for id, weight in zip(rows["id"].tolist(), own, strict=True):
        example = example_of[id]
        weights[example] = max(weight, weights.get(example, 0.0))
        parts.setdefault(example, []).append(str(id))
    return pd.DataFrame({"id": list(weights), "weight": list(weights.values()), "parts": list(parts.values())})
