"""The parts of a slice: the values of a column, or the quantile bins of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

QUANTILES = (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)
MOST_VALUES = 200


@dataclass(frozen=True, eq=False)
class Attribute:
    """A column cut into parts: `codes` (N,) is the part of each row, -1 for none."""

    column: str
    codes: np.ndarray
    clauses: Sequence[Mapping[str, Any]]
    """For each part the clause of a rule that picks it (see store/rules.py)."""
    words: Sequence[str]
    is_ordered: bool = False
    """Whether the parts are bins of a number, so that neighbouring ones can be joined."""

    def run(self, first: int, last: int) -> tuple[Mapping[str, Any], str]:
        """Clause and words of the parts `first` to `last` together."""
        if first == last:
            return self.clauses[first], self.words[first]
        ends = {"min": self.clauses[first].get("min"), "max": self.clauses[last].get("max")}
        clause = {"column": self.column} | {end: value for end, value in ends.items() if value is not None}
        return clause, _range(self.column, ends["min"], ends["max"])


def attributes(table: pd.DataFrame, *, min_size: int) -> list[Attribute]:
    """The parts of every column that has two or more; ids, free texts, dates and lists are skipped."""
    described = []
    for name, column in table.items():
        if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
            made = values_of(str(name), column, min_size)
        else:
            made = _bins(str(name), column)
        described += [made] if made is not None else []
    groups = [groups_of(one) for one in described if one.column == "cluster"]
    return described + [group for group in groups if group is not None]


def values_of(name: str, column: pd.Series, min_size: int, most: int = MOST_VALUES) -> Attribute | None:
    """Each value that `min_size` rows share, the `most` frequent ones; so a column of ids has none."""
    if not (
        isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype) or column.dtype in (object, bool, "boolean")
    ):
        return None
    try:
        codes, values = pd.factorize(column, use_na_sentinel=False)
    except TypeError:  # lists and the like
        return None
    count = np.bincount(codes, minlength=len(values))
    kept = [k for k in np.argsort(-count, kind="stable")[:most] if count[k] >= min_size]
    plain = [None if pd.isna(value) else value for value in np.asarray(values, object)[kept]]
    if len(values) < 2 or not all(value is None or isinstance(value, str | bool | np.bool_) for value in plain):
        return None
    plain = [bool(value) if isinstance(value, np.bool_) else value for value in plain]
    number = np.full(len(values), -1)
    number[kept] = np.arange(len(kept))
    words = [f"{name} is {_word(value)}" for value in plain]
    return Attribute(name, number[codes], [{"column": name, "in": [value]} for value in plain], words)


def _bins(name: str, column: pd.Series) -> Attribute | None:
    values = column.to_numpy(np.float64, na_value=np.nan)
    finite = values[np.isfinite(values)]
    if not len(finite) or finite.min() == finite.max():
        return None
    values = np.clip(values, finite.min(), finite.max())  # infinities lie in the outermost bins, NaN in none
    cuts = np.unique(np.quantile(finite, QUANTILES, method="inverted_cdf"))
    below = finite[finite < finite.max()]
    cuts = cuts[cuts < finite.max()] if (cuts < finite.max()).any() else np.array([below.max()])
    is_number = ~np.isnan(values)
    codes = np.where(is_number, np.searchsorted(cuts, values), -1)
    ends = []
    for part in range(len(cuts) + 1):
        inside = values[codes == part]
        low = None if part == 0 else float(inside.min())
        ends.append((low, None if part == len(cuts) else float(inside.max())))
    clauses = [
        {"column": name} | {end: value for end, value in zip(("min", "max"), pair, strict=True) if value is not None}
        for pair in ends
    ]
    return Attribute(name, codes, clauses, [_range(name, *pair) for pair in ends], is_ordered=True)


def groups_of(cluster: Attribute) -> Attribute | None:
    """The upper level of clusters named "group.part", as one clause that lists the parts."""
    names = [clause["in"][0] for clause in cluster.clauses]
    groups = [name.partition(".")[0] if isinstance(name, str) and "." in name else "" for name in names]
    kinds = sorted(set(groups) - {""})
    if len(kinds) < 2:
        return None
    number = np.array([kinds.index(group) if group else -1 for group in groups] + [-1])
    clauses = [
        {"column": "cluster", "in": [name for name, group in zip(names, groups, strict=True) if group == kind]}
        for kind in kinds
    ]
    return Attribute("cluster", number[cluster.codes], clauses, [f"cluster group {kind}" for kind in kinds])


def _word(value: object) -> str:
    return {None: "missing", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload]


def _range(name: str, low: float | None, high: float | None) -> str:
    if low is None:
        return f"{name} up to {high:.6g}"
    if high is None:
        return f"{name} from {low:.6g}"
    ends = f"{low:.6g}", f"{high:.6g}"
    return f"{name} {ends[0]}" if ends[0] == ends[1] else f"{name} {ends[0]} to {ends[1]}"
