"""What a run says at a glance."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

from hem_core.difficulty.classes import classes

REASONS = ("mislabelled", "ambiguous", "outlier", "rare", "subtle", "unsure", "easy")


class Summary(TypedDict):
    """Counts over the N rows of a table."""

    errors: int
    hard: int
    suspects: int
    reasons: pd.Series
    classes: pd.DataFrame


def summary(table: pd.DataFrame, class_names: Sequence[str]) -> Summary:
    """Count errors, hard ones (reason other than 'easy'), suspected label errors ('mislabelled'), reasons.

    table: one row an example with `label`, `predicted`, `is_correct`, and where known `reason`, `difficulty`.
    `reasons` counts each reason, in the order of REASONS and then any other by name; those that do not
    occur are left out. `classes` is the table of `difficulty/classes.py`.
    """
    found = table["reason"].value_counts() if "reason" in table.columns else pd.Series(dtype="int64")
    counts = {str(name): int(n) for name, n in found.items()}
    order = [*REASONS, *sorted(set(counts) - set(REASONS))]
    ordered = {name: counts[name] for name in order if name in counts}
    return Summary(
        errors=int(np.count_nonzero(~table["is_correct"].to_numpy(bool))),
        hard=sum(ordered.values()) - ordered.get("easy", 0),
        suspects=ordered.get("mislabelled", 0),
        reasons=pd.Series(ordered, dtype="int64"),
        classes=classes(table, class_names),
    )
