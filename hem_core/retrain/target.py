"""The part of the test where the set should help: chosen before anything is trained, without using outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.store.database import cursor
from hem_core.store.where import columns_in

OVER = 1.25
"""How much larger than its natural share a class must be in the set to be targeted."""


@dataclass(frozen=True, eq=False)
class Target:
    """`rows` (T,) bool, and in words what they are."""

    how: Literal["classes", "where", "all", "groups"]
    words: str
    is_in: np.ndarray


def by_where(table: pd.DataFrame, where: str) -> Target:
    """The test examples (T rows) that meet an SQL condition over their columns.

    Raises DataError when it does not parse, names no column, or nothing meets it.
    """
    import duckdb

    known = ", ".join(table.columns)
    used = columns_in(where, list(table.columns))
    if not used:
        raise DataError(f"--where '{where}' names no column of the test examples; there are: {known}")
    session = cursor()
    session.register("examples", table[sorted(used)].assign(test_row=np.arange(len(table))))
    try:
        found = session.execute(f"SELECT test_row FROM examples WHERE {where}").fetchnumpy()["test_row"]
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise DataError(f"--where '{where}' is not a condition on the test examples ({known}): {first}") from error
    if not len(found):
        raise DataError(f"--where '{where}' matches none of the {len(table):,} test examples")
    is_in = np.zeros(len(table), dtype=bool)
    is_in[np.asarray(found, dtype=np.int64)] = True
    return Target("where", where, is_in)


def by_groups(is_in: np.ndarray, names: list[str]) -> Target:
    """The test examples (T,) bool of the groups of these names, that training has fewer of; all where there is none."""
    if not is_in.any():
        return Target("all", "all test examples: none is known to be of a smaller group", np.ones(len(is_in), bool))
    shown = "; ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return Target("groups", f"the groups that training has fewer of: {shown}", is_in)


def by_classes(
    set_targets: np.ndarray, train_targets: np.ndarray, test_targets: np.ndarray, classes: tuple[str, ...]
) -> Target:
    """The test examples of the classes whose share in the set is over 1.25 times that in the training data.

    Arguments: class numbers (n,), (N,) and (T,). Everything when no class is, or none of them is in the test.
    """
    k = len(classes)
    in_set, natural = (np.bincount(each, minlength=k) / max(1, len(each)) for each in (set_targets, train_targets))
    chosen = np.flatnonzero((in_set > OVER * natural) & (in_set > 0))
    is_in = np.isin(test_targets, chosen)
    if not is_in.any():
        return Target("all", "all test examples: the set over-represents no class", np.ones(len(test_targets), bool))
    names = [classes[number] for number in chosen.tolist()]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return Target("classes", f"the classes that the set over-represents: {shown}", is_in)
