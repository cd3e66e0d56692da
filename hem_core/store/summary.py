"""What a page says about many examples at once: counts made by DuckDB, never a copy of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.errors import DataError
from hem_core.store.definitions import HARDEST
from hem_core.store.rules import quote
from hem_core.store.run import Run

if TYPE_CHECKING:
    import pandas as pd

Rule = Mapping[str, Any]


def per_class(
    run: Run, rule: Rule | None = None, *, tags: pd.DataFrame | None = None, hard_from: float = HARDEST
) -> pd.DataFrame:
    """How each given label does, in the order of the run's classes; labels without examples have support 0.

    Returns label, support (n), errors (n), error_rate (0 .. 1), mean_difficulty (0 .. 100), hard_share
    (0 .. 1, difficulty from hard_from on), worst_confusion (the class it is most often taken for, "" for none)
    and worst_confusion_n.
    """
    import pandas as pd

    has_difficulty = "difficulty" in run.source.columns
    difficulty = "difficulty" if has_difficulty else "NULL::FLOAT"
    found = run.summarise(
        f"label, count(*) AS support, count(*) FILTER (NOT is_correct) AS errors, "
        f"avg({difficulty}) AS mean_difficulty, avg(({difficulty} >= {float(hard_from)})::INT) AS hard_share",
        ["label", "is_correct", *(["difficulty"] if has_difficulty else [])],
        rule,
        tags=tags,
        tail="GROUP BY label",
    ).set_index("label")
    worst: dict[str, tuple[str, int]] = {}
    for label, predicted, n in confusions(run, rule, tags=tags).itertuples(index=False):
        if label != predicted:
            worst.setdefault(label, (predicted, n))
    others = sorted(str(label) for label in found.index.dropna() if label not in run.classes)
    labels = [*run.classes, *others]
    table = pd.DataFrame({"label": pd.Series(labels, dtype="str")})
    for name in ("support", "errors"):
        table[name] = found[name].reindex(labels).fillna(0).astype("int64").to_numpy()
    table["error_rate"] = table["errors"] / table["support"].where(table["support"] > 0)
    for name in ("mean_difficulty", "hard_share"):
        table[name] = found[name].reindex(labels).astype("float64").to_numpy()
    table["worst_confusion"] = pd.Series([worst.get(label, ("", 0))[0] for label in labels], dtype="str")
    table["worst_confusion_n"] = np.array([worst.get(label, ("", 0))[1] for label in labels], np.int64)
    return table


def confusions(run: Run, rule: Rule | None = None, *, tags: pd.DataFrame | None = None) -> pd.DataFrame:
    """How often each given label is predicted as each class: label, predicted, n; most frequent first.

    Pairs that do not occur are left out; the diagonal is in. Ties by label, then predicted.
    """
    tail = "AND label IS NOT NULL GROUP BY label, predicted ORDER BY n DESC, label, predicted"
    what = "label, predicted, count(*) AS n"
    return run.summarise(what, ["label", "predicted"], rule, tags=tags, tail=tail)


def confusion_matrix(run: Run, rule: Rule | None = None, *, tags: pd.DataFrame | None = None) -> np.ndarray:
    """(K, K) int64 counts, given label down, predicted across, in the order of the run's classes."""
    import pandas as pd

    counts = confusions(run, rule, tags=tags)
    classes = pd.Index(run.classes)
    down, across = (classes.get_indexer(pd.Index(counts[name])) for name in ("label", "predicted"))
    is_known = (down >= 0) & (across >= 0)
    matrix = np.zeros((len(run.classes), len(run.classes)), np.int64)
    matrix[down[is_known], across[is_known]] = counts["n"].to_numpy()[is_known]
    return matrix


def counts(run: Run, column: str, rule: Rule | None = None, *, tags: pd.DataFrame | None = None) -> pd.DataFrame:
    """How often each value of a column occurs: value (None where missing), n; most frequent first."""
    name = quote(column)
    tail = f"GROUP BY {name} ORDER BY n DESC, {name}"
    return run.summarise(f"{name} AS value, count(*) AS n", [column], rule, tags=tags, tail=tail)


def histogram(
    run: Run,
    column: str,
    rule: Rule | None = None,
    *,
    tags: pd.DataFrame | None = None,
    bins: int = 40,
    limits: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """How many examples lie in each of equal bins of a number column.

    limits: the outer edges, those of all examples of the run unless given, so that a filter does not move
    them; values outside are not counted, the last bin holds its upper edge.
    Returns low, high, n; one row a bin, no row when the column holds no numbers at all.
    Raises DataError when the column is not one of numbers.
    """
    import pandas as pd

    kinds = run.columns()
    if kinds.get(column) != "number":
        numbers = ", ".join(name for name, kind in kinds.items() if kind == "number")
        raise DataError(f"a histogram needs a column of numbers; '{column}' is none; there are: {numbers}")
    limits = limits or _limits(run, column)
    if limits is None:
        return pd.DataFrame({"low": np.empty(0), "high": np.empty(0), "n": np.empty(0, np.int64)})
    low, high = (float(limit) for limit in limits)
    low, high = (low, high) if high > low else (low - 0.5, low + 0.5)
    value = f"{quote(column)}::DOUBLE"
    found = run.summarise(
        f"least({bins - 1}, floor(({value} - {low!r}::DOUBLE) * {bins} / {high - low!r}::DOUBLE))::INT AS bin, "
        "count(*) AS n",
        [column],
        rule,
        tags=tags,
        tail=f"AND isfinite({value}) AND {value} >= {low!r}::DOUBLE AND {value} <= {high!r}::DOUBLE GROUP BY bin",
    )
    n = np.zeros(bins, np.int64)
    n[found["bin"].to_numpy()] = found["n"].to_numpy()
    edges = np.linspace(low, high, bins + 1)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": n})


def _limits(run: Run, column: str) -> tuple[float, float] | None:
    value = quote(column)
    finite = f"AND isfinite({value}::DOUBLE)"
    what = f"min({value})::DOUBLE AS low, max({value})::DOUBLE AS high"
    row = run.summarise(what, [column], tail=finite).iloc[0]
    return None if np.isnan(row["low"]) else (float(row["low"]), float(row["high"]))
