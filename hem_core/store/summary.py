"""Counts over many examples for the pages, computed by DuckDB without a copy of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.store.definitions import HARDEST, WRONG
from hem_core.store.level import Level
from hem_core.store.rules import quote

if TYPE_CHECKING:
    import pandas as pd

Rule = Mapping[str, Any]
NOTHING = "none"
"""What a part is taken for that nothing was predicted for."""


def per_class(
    level: Level, rule: Rule | None = None, *, tags: pd.DataFrame | None = None, hard_from: float = HARDEST
) -> pd.DataFrame:
    """The results for each given label, in the order of the run's classes; labels without examples have support 0.

    Returns label, support (n), errors (n), error_rate (0 .. 1), mean_difficulty (0 .. 100), hard_share
    (0 .. 1, difficulty from hard_from on), worst_confusion (the class it is most often taken for, "" for none)
    and worst_confusion_n.
    """
    import pandas as pd

    has_difficulty = "difficulty" in level.source.columns
    difficulty = "difficulty" if has_difficulty else "NULL::FLOAT"
    per_label = level.summarise(
        f"label, count(*) AS support, count(*) FILTER (error >= {WRONG}) AS errors, "
        f"avg({difficulty}) AS mean_difficulty, avg(({difficulty} >= {float(hard_from)})::INT) AS hard_share",
        ["label", "error", *(["difficulty"] if has_difficulty else [])],
        rule,
        tags=tags,
        tail="GROUP BY label",
    ).set_index("label")
    worst: dict[str, tuple[str, int]] = {}
    for label, predicted, n in confusions(level, rule, tags=tags).itertuples(index=False):
        if label != predicted:
            worst.setdefault(label, (predicted if isinstance(predicted, str) else NOTHING, n))
    others = sorted(str(label) for label in per_label.index.dropna() if label not in level.classes)
    labels = [*level.classes, *others]
    table = pd.DataFrame({"label": pd.Series(labels, dtype="str")})
    for name in ("support", "errors"):
        table[name] = per_label[name].reindex(labels).fillna(0).astype("int64").to_numpy()
    table["error_rate"] = table["errors"] / table["support"].where(table["support"] > 0)
    for name in ("mean_difficulty", "hard_share"):
        table[name] = per_label[name].reindex(labels).astype("float64").to_numpy()
    table["worst_confusion"] = pd.Series([worst.get(label, ("", 0))[0] for label in labels], dtype="str")
    table["worst_confusion_n"] = np.array([worst.get(label, ("", 0))[1] for label in labels], np.int64)
    return table


def confusions(level: Level, rule: Rule | None = None, *, tags: pd.DataFrame | None = None) -> pd.DataFrame:
    """How often each given label is predicted as each class: label, predicted, n; most frequent first.

    Pairs that do not occur are left out; the diagonal is in. Ties by label, then predicted.
    """
    tail = "AND label IS NOT NULL GROUP BY label, predicted ORDER BY n DESC, label, predicted"
    what = "label, predicted, count(*) AS n"
    return level.summarise(what, ["label", "predicted"], rule, tags=tags, tail=tail)


def counts(level: Level, column: str, rule: Rule | None = None, *, tags: pd.DataFrame | None = None) -> pd.DataFrame:
    """How often each value of a column occurs: value (None where missing), n; most frequent first."""
    name = quote(column)
    tail = f"GROUP BY {name} ORDER BY n DESC, {name}"
    return level.summarise(f"{name} AS value, count(*) AS n", [column], rule, tags=tags, tail=tail)
