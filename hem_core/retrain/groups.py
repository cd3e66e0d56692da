"""The groups of the recipe `groups`: each class with each value of a column, in the training data and in the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError
from hem_core.tasks import is_known

MOST_VALUES = 20
"""Different values that a column of groups may have."""
UPWEIGHT = 5.0
"""Weight of what the run's model gets wrong, to 1 of the rest of its group: that of `hem_core.mining.jtt`."""
MOST_WEIGHT = 50.0
"""The heaviest example, to the mean of 1: a group of a few does not rule the training."""
ROUNDS = 100
"""In which the weight that is above that goes to the others; each round adds one example to the heaviest, or ends."""


@dataclass(frozen=True, eq=False)
class Groups:
    """G groups, those that training has examples of first."""

    column: str
    names: list[str]
    train: np.ndarray
    """(N,) int64 in [0, G); -1 for an example without a label."""
    test: np.ndarray
    """(T,) int64 in [0, G); -1 where the test data lack the column."""

    @property
    def sizes(self) -> np.ndarray:
        """(G,) training examples in each."""
        return np.bincount(self.train[self.train >= 0], minlength=len(self.names))

    @property
    def is_rare(self) -> np.ndarray:
        """(G,) bool: has fewer training examples than the groups that occur have on the mean."""
        sizes = self.sizes
        return sizes < sizes[sizes > 0].mean()


def groups_of(
    column: str, classes: Sequence[str], train: tuple[pa.Table, np.ndarray], test: tuple[pa.Table, np.ndarray]
) -> Groups:
    """The groups of N training and T test examples: their rows of the catalogs, and targets (N,), (T,) int64 or -1.

    Raises DataError when the training data lack the column, or it has one value, or more than MOST_VALUES.
    """
    _check(column, train[0])
    values = [_texts(table, column) for table, _ in (train, test)]
    known = sorted({value for each in values for value in each if value is not None})
    if not 1 < len(known) <= MOST_VALUES:
        raise DataError(
            f"the column '{column}' has {len(known):,} different values; groups need 2 to {MOST_VALUES}: name another "
            "column with --group, or add one in which its values are joined"
        )
    place = {value: at for at, value in enumerate(known)}
    codes = [np.array([-1 if value is None else place[value] for value in each], np.int64) for each in values]
    both = [_joined(code, targets, len(known)) for code, (_, targets) in zip(codes, (train, test), strict=True)]
    names = [f"{name} · {column} is {value}" for name in classes for value in known]
    return Groups(column, names, *both)


def group_weights(groups: Groups, is_wrong: np.ndarray) -> np.ndarray:
    """(N,) float64 weights of mean 1: every group weighs the same, and in it UPWEIGHT times as much what is_wrong.

    is_wrong (N,) bool: of the run's predictions, best out of fold. An example without a group weighs 1 before all are
    scaled; none weighs more than MOST_WEIGHT.
    Reference: Sagawa et al. 2020, arXiv:2005.04345, reweighting; Liu et al. 2021, arXiv:2107.09044, the errors, there
    without groups.
    """
    in_group, factor = groups.train >= 0, np.where(is_wrong, UPWEIGHT, 1.0)
    totals = np.bincount(groups.train[in_group], factor[in_group], minlength=len(groups.names))
    a_group = len(factor) / max(1, int((totals > 0).sum()))
    weights = np.where(in_group, a_group * factor / totals[groups.train].clip(min=1.0), 1.0)
    return _of_mean_one(weights)


def _of_mean_one(weights: np.ndarray) -> np.ndarray:
    """The weights scaled to a mean of 1, with none above MOST_WEIGHT."""
    weights = weights / weights.mean()
    for _ in range(ROUNDS):
        is_most = weights >= MOST_WEIGHT
        left = len(weights) - MOST_WEIGHT * is_most.sum()
        if left <= 0 or not (weights > MOST_WEIGHT).any():
            break
        weights = np.where(is_most, MOST_WEIGHT, weights * left / weights[~is_most].sum())
    return weights


def _joined(code: np.ndarray, targets: np.ndarray, n_values: int) -> np.ndarray:
    """Class and value as one number; -1 where one of them is not known."""
    return np.where((code >= 0) & is_known(targets), targets * n_values + code, -1)


def _texts(table: pa.Table, column: str) -> Sequence[str | None]:
    """The values as texts, "missing" for none; every one None without the column."""
    if column not in table.column_names:
        return [None] * table.num_rows
    return ["missing" if value is None else str(value) for value in table[column].to_pylist()]


def _check(column: str, table: pa.Table) -> None:
    own = [name for name in table.column_names if name not in ("id", "label", "image", "image_row")]
    if column not in own:
        there = ", ".join(own) or "none beside id and label"
        raise DataError(f"the training data have no column '{column}' to group by; there are: {there}")
    if pa.types.is_nested(table.schema.field(column).type):
        raise DataError(f"the column '{column}' holds lists, which name no groups; name another with --group")


def facts(groups: Groups) -> dict[str, Any]:
    """What plan.json says of them."""
    return {"column": groups.column, "names": groups.names, "sizes": groups.sizes.tolist()}
