"""Counts in a run by the definitions: the number of errors is the same on every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hem_core.errors import DataError
from hem_core.store import definitions
from hem_core.store.level import Level

if TYPE_CHECKING:
    import pandas as pd


def sample_of_errors(level: Level) -> str:
    """The sample of a run's errors: 'out-of-sample', 'in-sample' or 'unknown'."""
    if definitions.IN_SAMPLE["predicted"] in level.source.columns:
        return "out-of-sample"
    return str(level.info.get("sample") or "unknown")


def count(level: Level, *clauses: Mapping[str, Any], tags: pd.DataFrame | None = None) -> int:
    """How many examples match all clauses; 0 in a run without a column that they name."""
    try:
        counted = level.summarise("count(*) AS n", [], {"all": list(clauses)}, tags=tags)
    except DataError:
        return 0
    return int(counted["n"].iloc[0])
