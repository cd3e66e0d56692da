"""A run folder: what `hem score` left on disk, read as tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.errors import DataError, RunError
from hem_core.store import rules, run_facts
from hem_core.store.mapped import load_npy, map_npz
from hem_core.store.rules import Condition, quote
from hem_core.store.source import Source, open_source
from hem_core.store.whole import AGAIN, damage

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT_VERSION = 1
WHOLE_BYTES = 64 << 20
"""A run whose tables take less than this is kept in memory while it is open."""
_NEIGHBOUR_COLUMNS = ("row", "id", "given", "predicted", "error", "difficulty")


def open_run(folder: Path | str) -> Run:
    """Open the run in a folder; reads run.json alone.

    Raises RunError when it is no run, is not complete, or was written by a newer HEM.
    """
    run = read_run(Path(folder))
    if not run.is_complete:
        raise RunError(
            f"the run {run.folder} is not complete (status: {run.info.get('status')}); "
            "run the same `hem score` command again: it goes on where it stopped"
        )
    return run


def read_run(folder: Path) -> Run:
    """Like `open_run`, but takes a run that is still growing or was stopped."""
    path = folder / "run.json"
    if not path.is_file():
        raise RunError(f"{folder} is not a run: it has no run.json. {_nearby(folder)}")
    try:
        info = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read ({error}); delete it and run the same `hem score` command again"
        ) from error
    version = info.get("format_version", FORMAT_VERSION) if isinstance(info, dict) else FORMAT_VERSION
    if version != FORMAT_VERSION:
        raise RunError(f"{path} has format version {version}; this HEM reads {FORMAT_VERSION}: install the newer HEM")
    return Run(folder, run_facts.checked(info, path))


def _nearby(folder: Path) -> str:
    from hem_core.store.arms import arms

    found = sorted(path.parent for path in folder.glob("runs/*/run.json"))
    inner = arms(folder)
    found = [path for path in found if path.name not in inner] or found
    if found:
        return f"It is a workspace; its runs: {', '.join(str(path) for path in found)}"
    return f"Make one: hem score DATA --out {folder}"


@dataclass(frozen=True, eq=False)
class Run:
    """One scored data set. N rows, numbered by `row` in the order of the catalog; the key is `id`.

    Nothing is read before it is asked for, and of the tables only small ones are kept in memory.
    """

    folder: Path
    info: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the folder: unique in a workspace."""
        return self.folder.resolve().name

    @property
    def n(self) -> int:
        """N, the number of scored examples."""
        return int(self.info.get("n") or 0)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.info.get("classes") or ())

    @property
    def is_complete(self) -> bool:
        return self.info.get("status") == "complete"

    @property
    def fingerprint(self) -> str:
        """Changes with the bytes of the run: a key for caches."""
        return str(self.info.get("fingerprint") or "")

    @property
    def data(self) -> str:
        """Name of the data set, under which its tags are kept."""
        return str(self.info.get("data", {}).get("name") or self.name)

    @cached_property
    def examples_digest(self) -> str:
        """Stands for the examples, their order, labels and content; a run scored again on the same data has the same.

        Two runs of one data name with two digests may mean different examples by the same id.
        """
        path = self.folder / "catalog.parquet"
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()[:16]
        except OSError as error:
            raise RunError(f"{path} cannot be read ({error.strerror}); {AGAIN}") from error

    @property
    def root(self) -> Path | None:
        """The folder that `image` is relative to; inside the run it moves with it. None when the data have no files."""
        root = self.info.get("data", {}).get("root")
        return self.folder / root if root else None

    @cached_property
    def source(self) -> Source:
        source = open_source(self.folder, self.info)
        if source.n != self.n:
            raise RunError(f"{self.folder / 'scores.parquet'} has {source.n:,} rows, run.json says {self.n:,}; {AGAIN}")
        return source

    def columns(self) -> dict[str, str]:
        """The columns a rule can name -> 'number', 'category', 'bool' or 'text'; lists are left out.

        A text column with few different values is a category.
        """
        return dict(self._kinds)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        from hem_core.store.kinds import kinds

        return kinds(self.source, self.n, has_classes=bool(self.classes))

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The whole table or some columns of it: scores, the user's own columns, x and y of the map.

        Returns N rows in order; row k is row k of the embeddings. Raises DataError for an unknown column.
        """
        names = self._names(columns)
        found = self.source.select(_listed(names), names, Condition(), tail="ORDER BY row")
        return found.to_pandas()

    def query(
        self,
        rule: Mapping[str, Any] | None = None,
        *,
        where: str | None = None,
        tags: pd.DataFrame | None = None,
        columns: Sequence[str] | None = None,
        order: str | None = None,
        descending: bool = True,
        limit: int | None = None,
        offset: int = 0,
    ) -> pd.DataFrame:
        """The examples that match a rule and a typed condition, sorted and cut.

        rule: see `store/rules.py`; where: SQL over the columns, such as "difficulty > 90"; tags: the tag
        state, where the rule asks for it; order: a column, missing values last, ties by row.
        Returns `row` and the columns, one row an example. Raises DataError for an unknown column or a
        condition that does not parse.
        """
        names = [name for name in self._names(columns) if name != "row"]
        condition, used = self._condition(rule, where, tags)
        if limit is None and not offset:
            tail = self._order(order, descending)
            return self._select(_listed(["row", *names]), used | set(names) | {order or ""}, condition, tail)
        # Two steps: sorting carries row numbers alone, and only the page is read in full.
        window = f" LIMIT {'ALL' if limit is None else max(0, int(limit))} OFFSET {max(0, int(offset))}"
        page = self._select("row", used | {order or ""}, condition, self._order(order, descending) + window)
        chosen = page["row"].to_numpy(np.int64)
        found = self.at(chosen, names)
        found.insert(0, "row", chosen)
        return found

    def at(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The examples with these row numbers, in the order asked for, repeated where they are.

        Raises DataError when a number is outside 0 .. N-1.
        """
        wanted = self._known(rows)
        names = [name for name in self._names(columns) if name != "row"]
        if self._whole is not None and names:
            return self._whole.select(names).take(wanted).to_pandas()
        distinct = ", ".join(str(row) for row in np.unique(wanted)) or "-1"
        found = self._select(_listed(["row", *names]), set(names), Condition(f"row IN ({distinct})"), "ORDER BY row")
        place = np.searchsorted(found["row"].to_numpy(np.int64), wanted)
        return found.drop(columns="row").take(place).reset_index(drop=True)

    def records(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """The same as one object an example, with None where a value is missing; quick for a few rows."""
        if self._whole is None:
            import pyarrow as pa

            return pa.Table.from_pandas(self.at(rows, columns), preserve_index=False).to_pylist()
        wanted = self._known(rows)
        return self._whole.select(self._names(columns)).take(wanted).to_pylist()

    def _known(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        wanted = np.asarray(rows, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < self.n:
            raise DataError(
                f"row numbers of this run are 0 to {self.n - 1}; asked for {wanted.min()} to {wanted.max()}"
            )
        return wanted

    @cached_property
    def _whole(self) -> pa.Table | None:
        """All columns in memory, where that is little: reading a few rows from the files takes ten times as long."""
        import pyarrow.parquet as pq

        paths = [self.folder / f"{file}.parquet" for file in set(self.source.columns.values())]
        sizes = [pq.read_metadata(path) for path in paths]
        if sum(meta.row_group(k).total_byte_size for meta in sizes for k in range(meta.num_row_groups)) > WHOLE_BYTES:
            return None
        names = list(self.source.columns)
        return self._arrow(_listed(names), set(names), Condition(), "ORDER BY row").combine_chunks()

    def rows(
        self,
        rule: Mapping[str, Any] | None = None,
        *,
        where: str | None = None,
        tags: pd.DataFrame | None = None,
    ) -> np.ndarray:
        """Row numbers of the examples that match, ascending int64. Takes and raises what `query` does."""
        if not rules.clauses(rule) and not where:
            return np.arange(self.n)
        condition, used = self._condition(rule, where, tags)
        found = self._arrow("row", used, condition, "")
        return np.sort(found["row"].to_numpy().astype(np.int64, copy=False), kind="stable")

    def summarise(
        self,
        what: str,
        names: Sequence[str],
        rule: Mapping[str, Any] | None = None,
        *,
        where: str | None = None,
        tags: pd.DataFrame | None = None,
        tail: str = "",
    ) -> pd.DataFrame:
        """`SELECT what` over the examples that match, for `store/summary.py`; names: the columns in it."""
        condition, used = self._condition(rule, where, tags)
        return self._select(what, used | set(self._names(names)), condition, tail)

    def row_of(self, id: str) -> int:
        """Row number of an example. Raises DataError when the run has no such id."""
        found = self.rows({"all": [{"rows": [id]}]})
        if not len(found):
            raise DataError(f"no example '{id}' among the {self.n:,} of run '{self.name}'{self._why_not(id)}")
        return int(found[0])

    def neighbours(self, id: str) -> pd.DataFrame:
        """The nearest other examples, nearest first.

        Returns row, id, given, predicted, error, difficulty and distance_cosine (0 .. 2).
        Raises DataError for an unknown id, RunError when the run has no neighbours.
        """
        row = self.row_of(id)
        if self.graph is None:
            raise RunError(f"run '{self.name}' has no neighbours: {self._missing('neighbours', 'embeddings')}")
        others = np.asarray(self.graph["indices"][row], np.int64)
        distances = np.asarray(self.graph["distances"][row], np.float32)
        is_known = others >= 0
        columns = [name for name in _NEIGHBOUR_COLUMNS if name != "row" and name in self.source.columns]
        found = self.at(others[is_known], columns)
        found.insert(0, "row", others[is_known])
        found["distance_cosine"] = distances[is_known]
        return found

    def curve(self, id: str) -> pd.DataFrame | None:
        """How training saw an example: epoch (from 1), confidence, margin, is_correct (1, 0, NaN = unseen).

        None when the run has no dynamics, or none of this example.
        """
        import pandas as pd

        from hem_core.store.database import cursor

        path = self.folder / "dynamics.parquet"
        if not path.exists():
            return None
        _check(path)
        relation = "SELECT confidence, margin, is_correct FROM read_parquet(?) WHERE id = ?"
        with cursor() as session:
            found = session.execute(relation, [_literal(path), id]).fetchone()
        if found is None:
            return None
        values = {
            name: np.array([np.nan if value is None else value for value in series or ()], np.float32)
            for name, series in zip(("confidence", "margin", "is_correct"), found, strict=True)
        }
        epochs = max(len(series) for series in values.values())
        padded = {
            name: np.pad(series, (0, epochs - len(series)), constant_values=np.nan) for name, series in values.items()
        }
        return pd.DataFrame({"epoch": np.arange(1, epochs + 1), **padded})

    def failures(self) -> pd.DataFrame:
        """The examples that could not be scored: id, index (position in the catalog), reason."""
        import pandas as pd
        import pyarrow.parquet as pq

        path = self.folder / "failures.parquet"
        if path.exists():
            _check(path)
            return pq.read_table(path).to_pandas()
        empty = {"id": "str", "index": "int64", "reason": "str"}
        return pd.DataFrame({name: pd.Series([], dtype=type_) for name, type_ in empty.items()})

    def thumbnail(self, row: int) -> bytes | None:
        """The small picture of a row as WebP bytes; None when the run or this row has none."""
        if self._thumbnails is None or not 0 <= row < len(self._thumbnails[1]) - 1:
            return None
        packed, offsets = self._thumbnails
        return bytes(packed[offsets[row] : offsets[row + 1]]) or None

    def embeddings(self) -> np.ndarray | None:
        """(N, D) float16, or float32 where that is too narrow, row k of the table; None without embeddings.

        Mapped from disk when one file.
        """
        files = sorted((self.folder / "embeddings").glob("*.npy"))
        parts = [load_npy(file) for file in files]
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def progress(self) -> dict[str, Any] | None:
        """What progress.json says of a run that is growing: stage, done, total, rate, …; else None."""
        try:
            return json.loads((self.folder / "progress.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    @cached_property
    def graph(self) -> dict[str, np.ndarray] | None:
        """`indices` and `distances` (N, k) of the nearest others, mapped from disk; None without neighbours."""
        path = self.folder / "neighbours.npz"
        return map_npz(path) if path.exists() else None

    @cached_property
    def _thumbnails(self) -> tuple[np.ndarray, np.ndarray] | None:
        packed, offsets = self.folder / "thumbnails.bin", self.folder / "thumbnails.npy"
        if not packed.exists() or not offsets.exists() or not packed.stat().st_size:
            return None
        ends = load_npy(offsets)
        if ends.ndim != 1 or len(ends) != self.n + 1 or int(ends[-1]) > packed.stat().st_size:
            raise RunError(f"{offsets} does not go with thumbnails.bin, which was cut; {AGAIN}")
        return np.memmap(packed, np.uint8, "r"), ends

    def _missing(self, *whats: str) -> str:
        reasons = self.info.get("missing") or {}
        return next((str(reasons[what]) for what in whats if what in reasons), "the file is not there")

    def _why_not(self, id: str) -> str:
        failed = self.failures()
        reasons = failed.loc[failed["id"] == id, "reason"]
        return f": it could not be scored ({reasons.iloc[0]})" if len(reasons) else ""

    def _names(self, columns: Sequence[str] | None) -> list[str]:
        known = self.source.columns
        if columns is None:
            return list(known)
        unknown = [name for name in columns if name not in known and name != "row"]
        if unknown:
            raise DataError(f"no column '{unknown[0]}' in run '{self.name}'; there are: {', '.join(known)}")
        return list(dict.fromkeys(columns))

    def _condition(
        self, rule: Mapping[str, Any] | None, where: str | None, tags: pd.DataFrame | None
    ) -> tuple[Condition, set[str]]:
        kinds = self._kinds if rules.clauses(rule) else {}
        condition = rules.to_sql(rule, kinds, tags=tags, inside=self._inside)
        used = rules.columns_of(rule)
        if where and where.strip():
            from hem_core.store.where import columns_in

            used = used | columns_in(where, self.source.columns)
            condition.sql += f" AND ({where}\n)"
        return condition, used

    def _inside(self, x: str, y: str, points: list[list[float]]) -> np.ndarray:
        from hem_core.store.polygon import inside

        found = self._arrow(_listed([x, y]), {x, y}, Condition(), "ORDER BY row")
        return np.flatnonzero(inside(found[0].to_numpy(), found[-1].to_numpy(), points))

    def _order(self, order: str | None, descending: bool) -> str:
        if order is None:
            return "ORDER BY row"
        (name,) = self._names([order])
        import pyarrow as pa

        floating = name != "row" and pa.types.is_floating(self.source.types[name])
        # DuckDB sorts NaN above everything; a missing value comes last either way.
        key = f"CASE WHEN {rules.known_number(quote(name))} THEN {quote(name)} END" if floating else quote(name)
        return f"ORDER BY {key} {'DESC' if descending else 'ASC'} NULLS LAST, row"

    def _select(self, what: str, names: set[str], condition: Condition, tail: str) -> pd.DataFrame:
        return self._arrow(what, names, condition, tail).to_pandas()

    def _arrow(self, what: str, names: set[str], condition: Condition, tail: str) -> pa.Table:
        import duckdb

        try:
            return self.source.select(what, names, condition, tail=tail)
        except duckdb.Error as error:
            for file in ("scores", "catalog", "projection"):
                if (self.folder / f"{file}.parquet").exists():
                    _check(self.folder / f"{file}.parquet")  # cut since it was opened
            columns = ", ".join(self.source.columns)
            raise DataError(f"the condition does not work: {error}; the columns are: {columns}") from error


def _check(path: Path) -> None:
    why = damage(path)
    if why is not None:
        raise RunError(f"{path} {why}; {AGAIN}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quote(name) for name in names)


def _literal(path: Path) -> str:
    import glob

    return glob.escape(str(path))
