"""Whether a run has a slice so far behind the others that a retraining for its worst group is proposed. No torch."""

from __future__ import annotations

from typing import Any

from hem_core.errors import RunError
from hem_core.retrain.groups import MOST_VALUES
from hem_core.store.run import Run
from hem_core.store.summary import counts

FAR = 2.0
"""How many times the overall error rate the near end of a slice's interval must be."""
NOT_GROUPS = ("label", "cluster")
"""Columns of slices that name no groups of the user's own."""


def far_behind(run: Run) -> tuple[str, dict[str, Any]] | None:
    """The column and the slice (a row of `weak_slices.read`) that is the furthest behind; None without such a one.

    Only slices of values of a column that the data have, since those can be named in other data too.
    """
    from hem_core.runs.weak_slices import read

    if not run.classes:
        return None
    try:
        found = read(run.folder)
    except RunError:
        return None
    for row in sorted(found.to_dict("records"), key=lambda row: -row["ratio"]):
        columns = [part["column"] for part in row["rule"].get("all", ()) if "in" in part]
        own = [name for name in columns if name not in NOT_GROUPS and _names_groups(run, name)]
        if own and row["low"] >= FAR * row["error_rate"] / row["ratio"]:
            return own[0], row
    return None


def _names_groups(run: Run, column: str) -> bool:
    """Whether the column has no more values than groups may have."""
    return 1 < len(counts(run.examples, column)) <= MOST_VALUES


def proposal(run: Run, recipe: str) -> str | None:
    """One sentence that proposes the recipe `groups`; None where it is taken, or no slice is far behind."""
    found = far_behind(run) if recipe != "groups" else None
    if found is None:
        return None
    column, row = found
    return (
        f"The slice “{row['name']}” is far behind: {row['error_rate']:.0%} of its {row['n']:,} examples are wrong, "
        f"{row['ratio']:.1f} times the overall rate; the recipe 'groups' with the group column '{column}' trains for "
        "the worst group."
    )
