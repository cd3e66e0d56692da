"""The files of a run as one table for DuckDB: scores, the user's columns, the map's coordinates."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import RunError
from hem_core.store.damage import AGAIN, check_columns, footer
from hem_core.store.definitions import IN_SAMPLE, TOP, judge
from hem_core.store.rules import Condition, quote

FILES = ("scores", "catalog", "projection")
REPEATED = ("id", "label")  # the catalog has them, and so have the scores


@dataclass(frozen=True)
class Source:
    """Which file holds a column. Names differ even when upper and lower case are taken as one."""

    folder: Path
    columns: dict[str, str]
    """Public name -> 'scores', 'catalog' or 'projection', in the order of the table."""
    types: dict[str, pa.DataType]
    aliases: dict[str, list[str]]
    """File -> names of its columns by position; hidden ones begin with "(catalog)"."""
    n: int
    """Rows of the scores."""
    skipped: dict[str, str]
    """Names of columns that cannot be queried -> why."""
    is_catalog_aligned: bool
    """Row k of the scores is row k of the catalog, so that no join by key is needed."""
    made: str = ""
    """SQL of further columns of the scores, made from the stored ones; "" = none."""
    places: Mapping[str, str] = field(default_factory=dict)
    """File -> its place in the folder, where that is not `<file>.parquet`."""

    def path(self, file: str) -> Path:
        """Where 'scores', 'catalog' or 'projection' lies."""
        return self.folder / self.places.get(file, f"{file}.parquet")

    def select(
        self,
        what: str,
        names: Iterable[str],
        condition: Condition,
        *,
        tail: str = "",
        rows: np.ndarray | None = None,
    ) -> pa.Table:
        """Run `SELECT what … WHERE condition tail` over the files that the columns `names` live in.

        `row`, the row number in the scores, can always be named. rows: the only ones that the condition can match.
        Raises duckdb.Error for SQL that fails, RunError for a file that is damaged.
        """
        from hem_core.store.database import cursor

        self.check(names := set(names), rows)
        query = f"SELECT {what} FROM {self._files(set(names))} WHERE {condition.sql} {tail}"
        with cursor() as session:
            for name, table in condition.relations.items():
                session.register(name, table)
            return session.sql(query, params=condition.parameters).to_arrow_table()

    def check(self, names: set[str], rows: np.ndarray | None = None) -> None:
        """Raise RunError when columns, or some rows of them, cannot be read as they were written.

        Whoever reads all columns of a file has the whole file checked, those included that are not shown.
        """
        for file, aliases in self.aliases.items():
            own = {name for name, place in self.columns.items() if place == file}
            stored = [self.stored_name(file, name) for name in aliases if name in names]
            if own.intersection(names).difference(aliases):
                stored += [self.stored_name(file, name) for name in aliases if name in self.made]  # what it is made of
            if own <= names:
                stored = self.stored[file]
            if stored:
                check_columns(self.path(file), stored, rows if file != "catalog" or self.is_catalog_aligned else None)

    def stored_name(self, file: str, name: str) -> str:
        """What a column is called in its file."""
        return self.stored[file][self.aliases[file].index(name)]

    @cached_property
    def stored(self) -> dict[str, list[str]]:
        """File -> the names of its columns as they are stored, by position."""
        return {file: list(header.schema.to_arrow_schema().names) for file, header in self.headers.items()}

    @cached_property
    def headers(self) -> dict[str, pq.FileMetaData]:
        """File -> what it says at its end."""
        return {file: footer(self.path(file)) for file in self.aliases}

    def _files(self, names: set[str]) -> str:
        used = {self.columns[name] for name in names if name in self.columns}
        joined = self._read("scores")
        if "projection" in used:
            joined += f" POSITIONAL JOIN {self._read('projection')}"
        if "catalog" in used and self.is_catalog_aligned:
            joined += f" POSITIONAL JOIN {self._read('catalog')}"
        elif "catalog" in used:
            joined += f' LEFT JOIN {self._read("catalog")} ON "(catalog) row" = "index"'
        return joined

    def _read(self, file: str) -> str:
        path = glob.escape(str(self.path(file))).replace("'", "''")
        row = "row" if file == "scores" else f"({file}) row"
        names = ", ".join(quote(name) for name in [*self.aliases[file], row])
        stored = f"read_parquet('{path}', file_row_number = true) AS {file}({names})"
        return f"(SELECT *, {self.made} FROM {stored}) AS {file}" if self.made and file == "scores" else stored


def open_source(folder: Path, info: Mapping[str, Any] | None = None) -> Source:
    """Read the columns of a run's files, not their rows.

    A catalog column whose name the scores have too becomes `<name>_given`. Where a head's predictions count instead of
    the model's (`definitions.judge` of info, what run.json says), `predicted`, `error` and `is_correct` are the head's,
    and the model's own are `predicted_in_sample` and so on. `given` and `error` are made where a run of version 0.1
    has not stored them.
    Raises RunError when a file is missing or its rows do not go with the scores.
    """
    headers = {file: _header(folder / f"{file}.parquet") for file in FILES}
    n = _rows(headers, "scores", folder)
    columns: dict[str, str] = {}
    types: dict[str, pa.DataType] = {}
    aliases: dict[str, list[str]] = {}
    skipped: dict[str, str] = {}
    taken = {"row"}
    stored = _names(headers["scores"])
    renamed = _renamed(stored, info or {})
    made = _made(stored, renamed)
    for file in ("scores", "projection", "catalog"):
        header = headers[file]
        if header is None:
            continue
        aliases[file] = []
        for place, item in enumerate(header.schema.to_arrow_schema()):
            if not item.name or "\0" in item.name:  # SQL has no way to ask for it
                aliases[file].append(f"({file}) {place}")
                shown = item.name.replace("\0", "\\0") or f"number {place + 1} of {file}.parquet"
                skipped[shown] = (
                    f"it has {'a NUL character in its' if item.name else 'no'} name; rename it and score again"
                )
                continue
            if file == "catalog" and item.name in REPEATED:
                aliases[file].append(f"(catalog) {item.name}")
                continue
            name = _free_name(str(renamed.get(item.name, item.name)) if file == "scores" else item.name, taken)
            taken.add(name.casefold())
            columns[name], types[name] = file, item.type
            aliases[file].append(name)
        if file == "scores":
            for name, (_sql, type_) in made.items():
                taken.add(name)
                columns[name], types[name] = file, type_
    _check_map(headers["projection"], n, folder)
    is_aligned = _rows(headers, "catalog", folder) == n
    listed = ", ".join(f"{sql} AS {name}" for name, (sql, _type) in made.items())
    return Source(folder, columns, types, aliases, n, skipped, is_aligned, listed)


def _check_map(header: pq.FileMetaData | None, n: int, folder: Path) -> None:
    if header is not None and header.num_rows != n:
        raise RunError(
            f"projection.parquet in {folder} has {header.num_rows} rows, the scores have {n}: "
            f"it belongs to another run; delete it and {AGAIN}"
        )


def _names(header: pq.FileMetaData | None) -> set[str]:
    return set(header.schema.to_arrow_schema().names) if header else set()


def _made(stored: set[str], renamed: Mapping[str, str]) -> dict[str, tuple[str, pa.DataType]]:
    """Public name -> SQL over the public names, and type, of required columns that a run has not stored."""
    made: dict[str, tuple[str, pa.DataType]] = {}
    if renamed:
        made["is_correct"] = ("(predicted = label)", pa.bool_())
    if "given" not in stored and "label" in stored:
        made["given"] = ("label", pa.string())
    if "error" in stored:
        return made
    if renamed:
        made["error"] = ("(predicted <> label)::INT::FLOAT", pa.float32())
        made["error_in_sample"] = ("(NOT is_correct_in_sample)::INT::FLOAT", pa.float32())
    elif "is_correct" in stored:
        made["error"] = ("(NOT is_correct)::INT::FLOAT", pa.float32())
    return made


def _renamed(names: set[str], info: Mapping[str, Any]) -> dict[str, str]:
    """Stored name -> public name in the scores, where the model's own predictions are not those that count."""
    if judge(info, names) == "model" or not {"label", "predicted", "is_correct"} <= names:
        return {}
    ours = [name for name in ("predicted", "predicted_prob", "error", *TOP) if f"{name}_oos" in names]
    beside = IN_SAMPLE | {name: f"{name}_in_sample" for name in TOP if name in ours}
    return beside | {f"{name}_oos": name for name in ours}


def _header(path: Path) -> pq.FileMetaData | None:
    if not path.exists():
        return None
    return footer(path)


def _rows(headers: dict[str, pq.FileMetaData | None], file: str, folder: Path) -> int:
    header = headers[file]
    if header is None:
        raise RunError(f"{folder} has no {file}.parquet, although its run.json says it is complete; {AGAIN}")
    return header.num_rows


def _free_name(name: str, taken: set[str]) -> str:
    while name.casefold() in taken:
        name += "_given"
    return name
