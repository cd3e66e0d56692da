"""The change of each example between two models: fixed, regressed, or the same."""

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.stats.percentile import percentile
from hem_core.store.definitions import HARDEST, WRONG

FLOWS = ("fixed", "regressed", "still wrong", "newly hard", "still right")


def flow(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The change of each example from one model to the other.

    before, after: one row an example with `id` (unique) and `error` (0 right .. 1 wrong; unknown = the example is
    skipped); `difficulty` (any scale, higher = harder) in both tells which are newly hard: right in both, and among the
    hardest tenth of the shared examples after but not before.
    Returns `id` and `flow`, one of FLOWS, for the ids in both, in the order of `before`.
    Raises DataError when a column is missing, an id is there twice, or no id is in both.
    """
    for name, table in (("before", before), ("after", after)):
        _check(name, table)
    columns = ["id", "error", *(["difficulty"] if "difficulty" in before and "difficulty" in after else [])]
    both = before[columns].merge(after[columns], on="id", suffixes=("_before", "_after"), validate="one_to_one")
    if both.empty:
        raise DataError(
            f"no example is in both: {len(before):,} before and {len(after):,} after share no id; "
            "compare two runs over the same data"
        )
    both = both.dropna(subset=["error_before", "error_after"])
    was_right, is_right = (both[f"error_{when}"].to_numpy(float) < WRONG for when in ("before", "after"))
    is_new = np.zeros(len(both), bool)
    if "difficulty" in columns:
        was_hardest, is_hardest = (
            percentile(both[f"difficulty_{when}"].to_numpy()) >= HARDEST for when in ("before", "after")
        )
        is_new = is_hardest & ~was_hardest
    cases = [~was_right & is_right, was_right & ~is_right, ~was_right, is_new]
    found = np.select(cases, list(FLOWS[:4]), FLOWS[4])
    return pd.DataFrame({"id": both["id"].to_numpy(), "flow": found})


def _check(name: str, table: pd.DataFrame) -> None:
    missing = [column for column in ("id", "error") if column not in table.columns]
    if missing:
        raise DataError(f"the flow needs the column '{missing[0]}' {name}; there are: {', '.join(map(str, table))}")
    repeated = table.loc[table["id"].duplicated(), "id"]
    if len(repeated):
        raise DataError(f"'{repeated.iloc[0]}' is there twice {name}; ids must be unique: drop repeated rows")
