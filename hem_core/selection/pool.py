"""The candidates that policies choose from, and the chosen ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from hem_core.errors import DataError


@dataclass(frozen=True, eq=False)
class Cap:
    """At most `room[g]` (G,) examples of group g; `group` (M,) int64 of each candidate, -1 = of no group."""

    group: np.ndarray
    room: np.ndarray
    why: str
    """The reason for a candidate that the cap excludes."""


@dataclass(frozen=True, eq=False)
class Members:
    """Which candidates belong to which of K classes: P pairs, in ascending order of the candidate."""

    candidate: np.ndarray
    """(P,) int64, each of 0 .. M-1 once or more."""
    code: np.ndarray
    """(P,) int64, the number of a class of it, each once."""
    names: tuple[str, ...]
    """(K,) names of the classes."""


@dataclass(frozen=True, eq=False)
class Pool:
    """M candidates in ascending order of id, so that a tie broken by position is broken by id; see `pool_of`."""

    table: pd.DataFrame
    """`id`, and the columns that policies ask for: scores (higher = harder), `label`."""
    row: np.ndarray
    """(M,) int64, the position of each candidate in the table that the caller gave."""
    given: np.ndarray | None = None
    """(R, D) embeddings of the caller's table."""
    rank: np.ndarray | None = None
    """(M,) int64 from 0, the order in which the policy before picked them; None for the first policy."""
    cap: Cap | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    """Natural share of each class, 0 .. 1, in the whole data; if empty, that of the pool."""
    classes: np.ndarray | None = None
    """(R,) object, the classes that each row of the caller's table belongs to, a tuple of names; None where it is one
    class each, the column `label`."""

    def __len__(self) -> int:
        return len(self.table)

    @property
    def ids(self) -> np.ndarray:
        return self.table["id"].to_numpy(dtype=object)

    def score(self, name: str) -> np.ndarray:
        """A column as (M,) float64, -inf where missing. Raises DataError when it is unknown or no numbers."""
        values = self.table.get(name)
        if values is None or not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
            raise DataError(f"no column of numbers '{name}'; there are: {', '.join(self._numbers())}")
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isnan(numbers), -np.inf, numbers)

    def members(self) -> Members:
        """The classes of the candidates: `classes`, else their label; a candidate without any is of the class "".

        Raises DataError when there are neither.
        """
        if self.classes is not None:
            listed = pd.Series([tuple(names) or ("",) for names in self.classes[self.row]], dtype=object).explode()
            code, names = pd.factorize(listed.to_numpy(dtype=object))
            return Members(listed.index.to_numpy(np.int64), code.astype(np.int64), tuple(map(str, names)))
        if "label" not in self.table:
            raise DataError(
                "policy 'per_class' needs the column 'label'; choose another policy for data without labels"
            )
        label = self.table["label"]
        code, names = pd.factorize(label.astype("object").where(label.notna(), ""))
        return Members(np.arange(len(self)), code.astype(np.int64), tuple(map(str, names)))

    def directions(self, policy: str) -> np.ndarray:
        """(M, D) float32 embeddings of length 1 (or 0). Raises DataError when there are none, naming the policy."""
        if self.given is None:
            raise DataError(f"policy '{policy}' needs embeddings, and this run has none; score again with --layer")
        vectors = np.asarray(self.given[self.row], dtype=np.float32)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)  # (M, 1)
        return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)

    def narrowed(self, rows: np.ndarray, cap: Cap | None) -> Pool:
        """The pool of `rows` (m,), given in the order of picking; `cap` is of this pool's candidates."""
        order = np.argsort(rows, kind="stable")
        kept = rows[order]
        inside = cap and replace(cap, group=cap.group[kept])
        table = self.table.iloc[kept].reset_index(drop=True)
        return replace(self, table=table, row=self.row[kept], rank=order, cap=inside)

    def _numbers(self) -> list[str]:
        return [str(name) for name in self.table.columns if pd.api.types.is_numeric_dtype(self.table[name])]


@dataclass(frozen=True, eq=False)
class Chosen:
    """What a policy returns."""

    rows: np.ndarray
    """(n,) int64 positions in the pool, in the order of picking."""
    why: np.ndarray
    """(M,) reasons: why a candidate was not chosen, "" for the chosen ones."""
    of_class: np.ndarray | None = None
    """(n,) int64 number of the class for which each one was picked, where the mix of classes is part of the choice, so
    that a later policy has to keep it."""


def pool_of(
    table: pd.DataFrame,
    embeddings: np.ndarray | None = None,
    *,
    shares: Mapping[str, float] | None = None,
    classes: np.ndarray | None = None,
) -> Pool:
    """The pool of a table's R rows, `id` unique; embeddings (R, D), row k that of row k of the table; classes (R,): see
    `Pool.classes`.

    Raises DataError when an id is there twice or the lengths differ.
    """
    repeated = table.loc[table["id"].duplicated(), "id"]
    if len(repeated):
        raise DataError(
            f"the ids of the pool must be unique; '{repeated.iloc[0]}' occurs twice: drop the repeated rows"
        )
    if embeddings is not None and len(embeddings) != len(table):
        raise DataError(f"{len(table):,} candidates need as many embeddings; there are {len(embeddings):,}")
    row = np.argsort(table["id"].to_numpy(dtype=object), kind="stable").astype(np.int64)
    return Pool(table.iloc[row].reset_index(drop=True), row, embeddings, shares=shares or {}, classes=classes)


def first(pool: Pool, order: np.ndarray, n: int, why: str) -> Chosen:
    """The first n of an order of the pool's rows (a permutation of 0 .. M-1, or of some of them) that its cap allows.

    Those that the cap excluded ahead of the last one chosen get its reason, all others `why`.
    """
    is_free = np.ones(len(order), dtype=bool)
    if pool.cap is not None:
        group = pool.cap.group[order]
        is_free = (group < 0) | (place_in_group(group) < np.append(pool.cap.room, 0)[group])
    chosen = order[is_free][:n].astype(np.int64)
    words = np.full(len(pool), why, dtype=object)
    if pool.cap is not None and not is_free.all():
        end = np.flatnonzero(is_free)[:n][-1] if len(chosen) == n and n else len(order)
        words[order[:end][~is_free[:end]]] = pool.cap.why
    words[chosen] = ""
    return Chosen(chosen, words)


def hardest_first(score: np.ndarray) -> np.ndarray:
    """Rows by descending score (M,), ties by row, which in a pool is by id."""
    return np.argsort(-score, kind="stable")


def place_in_group(group: np.ndarray) -> np.ndarray:
    """How many of the same group (n,) stand before each one."""
    return pd.Series(group).groupby(group).cumcount().to_numpy()
