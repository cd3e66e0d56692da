"""Queries on a level: a rule and a typed condition as SQL over its files, with errors that a user understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.errors import DataError
from hem_core.store import column_values, rules
from hem_core.store.damage import check
from hem_core.store.rules import Condition, quote
from hem_core.store.source import Source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Reading:
    """The columns of a level and the SQL that reads them."""

    source: Source
    n: int
    title: str
    """The level in a message: `run 'a'`."""
    fixed_kinds: Mapping[str, str] = field(default_factory=dict)
    """Columns whose kind does not follow from their values."""
    has_classes: bool = True
    near: rules.Near | None = None
    """The rows that a near clause picks."""

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Column -> 'number', 'category', 'bool' or 'text'; see `Level.columns`."""
        from hem_core.store.column_kinds import kinds

        return {**kinds(self.source, self.n, has_classes=self.has_classes), **self.fixed_kinds}

    def names(self, columns: Sequence[str] | None) -> list[str]:
        """The columns asked for, each once; None = all. Raises DataError for an unknown one."""
        existing = self.source.columns
        if columns is None:
            return list(existing)
        unknown = [name for name in columns if name not in existing and name != "row"]
        if unknown:
            raise DataError(f"no column '{unknown[0]}' in {self.title}; there are: {', '.join(existing)}")
        return list(dict.fromkeys(columns))

    def condition(
        self, rule: Mapping[str, Any] | None, where: str | None, tags: pd.DataFrame | None
    ) -> tuple[Condition, set[str]]:
        """Both as one condition, and the columns that it reads."""
        kinds = self.kinds if rules.clauses(rule) else {}
        condition = rules.to_sql(rule, kinds, tags=tags, inside=self.inside, near=self.near)
        used = rules.columns_of(rule, kinds)
        if where and where.strip():
            from hem_core.store.where import columns_in

            used = used | columns_in(where, self.source.columns)
            condition.sql += f" AND ({where}\n)"
        return condition, used

    def inside(self, x: str, y: str, points: list[list[float]]) -> np.ndarray:
        """Row numbers of what lies within a polygon over two columns."""
        from hem_core.store.polygon import inside

        return np.flatnonzero(inside(self.numbers(x), self.numbers(y), points))

    def numbers(self, name: str) -> np.ndarray:
        """A column of numbers as (N,) float32, NaN where it is missing."""
        return column_values.numbers(self.values(name))

    def values(self, name: str, *, is_dictionary: bool = True) -> pa.ChunkedArray:
        """A column in the order of the rows: out of its file where that has it, otherwise by a query.

        is_dictionary: texts out of a file come as a dictionary.
        """
        (name,) = self.names([name])
        found = column_values.stored(self.source, name, is_dictionary=is_dictionary)
        return self.arrow(quote(name), {name}, Condition(), "ORDER BY row").column(0) if found is None else found

    def stored(self, names: Sequence[str]) -> pa.Table | None:
        """Some columns out of their files, in a fraction of the time and memory of a query.

        None where one of them needs a query, or has a type that a query changes.
        """
        import pyarrow as pa

        found: dict[str, pa.ChunkedArray] = {}
        for name in names:
            is_plain = name in self.source.types and column_values.is_plain(self.source.types[name])
            column = column_values.stored(self.source, name, is_dictionary=False) if is_plain else None
            if column is None:
                return None
            found[name] = column
        return pa.table(found) if found else None

    def whole(self) -> pa.Table:
        """All columns and rows. Out of the files where they have them: what a query gives takes three times as long and
        four times the memory, which DuckDB keeps."""
        import pyarrow as pa

        stored: dict[str, list[str]] = {}
        made: list[str] = []
        for name, file in self.source.columns.items():
            is_stored = column_values.is_in_file(self.source, name)
            (stored.setdefault(file, []) if is_stored else made).append(name)
        found: dict[str, pa.ChunkedArray] = {}
        for file, names in stored.items():
            found |= column_values.columns(self.source, file, names)
        if made:
            table = self.arrow(listed(made), set(made), Condition(), "ORDER BY row")
            found |= dict(zip(made, table.columns, strict=True))
        return pa.table({name: found[name] for name in self.source.columns}).combine_chunks()

    def few(self, names: Sequence[str], rows: np.ndarray) -> pa.Table | None:
        """Some columns of a few rows, out of the row groups that hold them: a query would look through whole files.

        None where a query is needed, as in `stored`, and for rows of so many groups that one is as quick.
        """
        import pyarrow as pa

        if not names or not len(rows) or not all(column_values.is_in_file(self.source, name) for name in names):
            return None
        of_file: dict[str, list[str]] = {}
        for name in names:
            of_file.setdefault(self.source.columns[name], []).append(name)
        found: dict[str, pa.ChunkedArray] = {}
        for file, own in of_file.items():
            table = column_values.few(self.source, file, own, rows)
            if table is None:
                return None
            found |= {name: table[name] for name in own}
        return pa.table({name: found[name] for name in names})

    def order(self, order: str | None, descending: bool) -> str:
        """`ORDER BY` a column, missing values last, ties by row; None = by row."""
        if order is None:
            return "ORDER BY row"
        (name,) = self.names([order])
        import pyarrow as pa

        floating = name != "row" and pa.types.is_floating(self.source.types[name])
        # DuckDB sorts NaN above everything; a missing value comes last either way.
        key = f"CASE WHEN {rules.known_number(quote(name))} THEN {quote(name)} END" if floating else quote(name)
        return f"ORDER BY {key} {'DESC' if descending else 'ASC'} NULLS LAST, row"

    def select(
        self, what: str, names: set[str], condition: Condition, tail: str, rows: np.ndarray | None = None
    ) -> pd.DataFrame:
        """`SELECT what … WHERE condition tail` over the files of the columns `names`; rows: see `Source.select`."""
        return self.arrow(what, names, condition, tail, rows).to_pandas()

    def arrow(
        self, what: str, names: set[str], condition: Condition, tail: str, rows: np.ndarray | None = None
    ) -> pa.Table:
        """The same as an Arrow table. Raises DataError for SQL that fails, RunError when a file was cut meanwhile."""
        import duckdb

        try:
            return self.source.select(what, names, condition, tail=tail, rows=rows)
        except duckdb.Error as error:
            for file in self.source.aliases:
                if self.source.path(file).exists():
                    check(self.source.path(file))  # cut since it was opened
            columns = ", ".join(self.source.columns)
            raise DataError(f"the condition cannot be evaluated: {error}; the columns are: {columns}") from error


def listed(names: Sequence[str]) -> str:
    """Column names as SQL, with commas between."""
    return ", ".join(quote(name) for name in names)
