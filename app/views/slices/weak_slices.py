"""The weak slices of a run: stored by scoring, or found here from columns that do not come from the model."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import RunError
from hem_core.runs.described_by import own_columns
from hem_core.runs.named_slices import named_slices
from hem_core.slices.traits import Traits
from hem_core.store import definitions, numbers
from hem_core.store.level import Level

MOST_ROWS = 200_000
"""Larger runs are not searched while a page loads."""
MEASURE = "share of wrong predictions"
LABELLED = {"not": {"column": "label", "in": [None]}}
"""The rows with a label, as a clause."""


@dataclass(frozen=True, eq=False)
class WeakSlices:
    """What Slices shows."""

    table: pd.DataFrame
    """One row a slice, the most worth looking at first: name, rule (as a rule), n, errors, error_rate, low, high,
    ratio, p_adjusted."""
    measure: str
    """What counts as an error, in words."""
    whole: float | None
    """The overall error rate, to which `ratio` refers, 0 .. 1; None without a slice."""
    n_labelled: int | None = None
    """How many rows were searched where those without a label were not, as predictions at which nothing is given."""


def weak_slices(level: Level) -> WeakSlices | None:
    """The slices of a run; None when scoring has left none of its errors, and it is too large to look here and now."""
    path = level.home / "slices.parquet"
    if path.is_file():
        stored = _read(path)
        if _is_of_these_errors(level, stored):
            return stored
    return _searched(level) if level.n <= MOST_ROWS else None


def named(weak: WeakSlices, traits: Callable[[], Traits]) -> WeakSlices:
    """The slices with their clusters called by what sets them apart; traits gives those of the level."""
    names = named_slices(weak.table["name"].tolist(), weak.table["rule"].tolist(), traits)
    return replace(weak, table=weak.table.assign(name=names))


def _read(path: Path) -> WeakSlices:
    try:
        stored = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise RunError(f"{path} cannot be read ({error}); delete it and open this page again") from error
    found = stored.to_pandas().rename(columns={"n_errors": "errors"})
    found["rule"] = [json.loads(rule) for rule in found["rule"]]
    measure = (stored.schema.metadata or {}).get(b"hem.measure", MEASURE.encode()).decode()
    return WeakSlices(found, measure, _whole(found))


def _is_of_these_errors(level: Level, weak: WeakSlices) -> bool:
    """Whether the stored slices count the errors that the run counts now; those of an earlier HEM may be a head's."""
    if weak.measure != MEASURE:
        return True
    for rule, n, errors in zip(weak.table["rule"], weak.table["n"], weak.table["errors"], strict=True):
        clauses = rule.get("all", [])
        counted = (
            numbers.count(level, *clauses, definitions.JUDGED),
            numbers.count(level, *clauses, definitions.ERROR),
        )
        if counted != (n, errors):
            return False
    return True


def _whole(found: pd.DataFrame) -> float | None:
    return float(found["error_rate"].iloc[0] / found["ratio"].iloc[0]) if len(found) else None


def _searched(level: Level) -> WeakSlices:
    """By classes, the data's own columns, and clusters if the run has them: each has a rule that finds it again."""
    from hem_core.slices.find import find

    known = level.columns()
    own = own_columns(level)
    clusters = ["cluster"] if known.get("cluster") == "category" else []
    names = [name for name in ("label", *clusters, *own) if known.get(name) in ("category", "number", "bool")]
    table = level.table([*names, "error"])
    error = pd.Series(table.pop("error")).astype("float64").to_numpy()
    errors = np.where(np.isnan(error), np.nan, error >= definitions.WRONG)
    is_labelled = table["label"].notna().to_numpy() if "label" in table.columns else np.ones(len(table), bool)
    made = find(None, table, np.where(is_labelled, errors, np.nan))
    found = made.table.rename(columns={"n_errors": "errors"})
    is_searched = is_labelled & ~np.isnan(errors)
    if is_searched.sum() == (~np.isnan(errors)).sum():
        return WeakSlices(found, made.measure, _whole(found))
    found["rule"] = [{"all": [*rule["all"], LABELLED]} for rule in found["rule"]]
    return WeakSlices(found, made.measure, float(errors[is_searched].mean()), int(is_searched.sum()))
