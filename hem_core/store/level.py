"""A level: one table of a run, whose rows are looked at, filtered, tagged, chosen and exported.

On disk, in the folder of a run: the level `examples` is scores.parquet with catalog.parquet and projection.parquet; a
level of parts is `<level>.parquet` (see `store/level_write.py` for its columns). What belongs to rows lies beside them:
`thumbnails.bin` with `thumbnails.npy`, `embeddings/*.npy`, `neighbours.npz`, `projection.parquet` and
`dynamics.parquet`, for the examples in the run's folder, for another level in the folder `<level>/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.buckets.address import is_address
from hem_core.buckets.mirror import copy_of
from hem_core.errors import DataError, RunError
from hem_core.media import medium_of
from hem_core.store import column_values, level_digest, level_files, rules
from hem_core.store.damage import AGAIN
from hem_core.store.drawn_thumbnails import drawing_of
from hem_core.store.level_names import EXAMPLES
from hem_core.store.level_source import open_level_source
from hem_core.store.mapped import map_npz
from hem_core.store.nearest import distances_to, has_embeddings, nearest
from hem_core.store.reading import Reading, listed
from hem_core.store.rules import Condition
from hem_core.store.source import Source, open_source
from hem_core.store.words_near import vector_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from hem_core.store.id_index import IdIndex

WHOLE_BYTES = 64 << 20
"""A level whose tables are smaller than this stays in memory while it is open."""
OF_WORDS = "crops by a text–image model"
"""What the embedding of boxes is made of where words find them."""
_NEIGHBOUR_COLUMNS = ("row", "id", "given", "predicted", "error", "difficulty")


@dataclass(frozen=True, eq=False)
class Level:
    """One table of a run. N rows, numbered by `row` in the order of the table; the key is `id`.

    Data are read on request, and only small tables are kept in memory.
    """

    folder: Path
    """The folder of the run."""
    info: dict[str, Any]
    """The contents of run.json."""
    name: str = EXAMPLES

    @property
    def run(self) -> str:
        """Name of the run."""
        return self.folder.resolve().name

    @property
    def is_examples(self) -> bool:
        return self.name == EXAMPLES

    @property
    def title(self) -> str:
        """The level as a message names it: `run 'a'`, `level 'boxes' of run 'a'`."""
        return f"run '{self.run}'" if self.is_examples else f"level '{self.name}' of run '{self.run}'"

    @property
    def home(self) -> Path:
        """The folder with the pictures, embeddings, neighbours, map and curves of the rows."""
        return self.folder if self.is_examples else self.folder / self.name

    @property
    def n(self) -> int:
        """N, the number of rows."""
        return int(self.info.get("n") or 0) if self.is_examples else self.source.n

    @property
    def classes(self) -> tuple[str, ...]:
        """The names that `given` and `predicted` are of, in their order; () where they are no classes."""
        own = (self.info.get("level_classes") or {}).get(self.name)
        return tuple(own or self.info.get("classes") or ())

    @property
    def judged(self) -> tuple[str, ...]:
        """Columns of the task's own that say how a part was predicted, not what it is."""
        return tuple((self.info.get("level_judged") or {}).get(self.name) or ())

    @property
    def has_own_classes(self) -> bool:
        """Whether its rows are of classes of their own; then nothing given, or nothing predicted, is an answer too."""
        return self.name in (self.info.get("level_classes") or {})

    @property
    def data(self) -> str:
        """Name of the data set, under which its tags are kept."""
        return str(self.info.get("data", {}).get("name") or self.run)

    @property
    def fingerprint(self) -> str:
        """Changes with the bytes of the run; with `name`, a key for caches."""
        return str(self.info.get("fingerprint") or "")

    def in_manifest(self) -> dict[str, str]:
        """The entry for the level in a set's manifest; empty for examples."""
        return {} if self.is_examples else {"level": self.name}

    @cached_property
    def digest(self) -> str:
        """Stands for the rows: their ids and order, their labels and content. A run scored again on the same data has
        the same digest for its examples; for parts, where the same parts were predicted.

        Two levels of one data name with two digests may mean different things by the same id.
        """
        of_examples = level_digest.of_catalog(self.folder / "catalog.parquet")
        return of_examples if self.is_examples else level_digest.of_parts(of_examples, self.source)

    @property
    def root(self) -> Path | None:
        """The folder that `image` is relative to; inside the run it moves with it. None when the data have no files."""
        root = self.info.get("data", {}).get("root")
        if is_address(root):
            return copy_of(root)
        return self.folder / root if root else None

    @cached_property
    def source(self) -> Source:
        if not self.is_examples:
            return open_level_source(self.folder, self.name)
        source = open_source(self.folder, self.info)
        if source.n != self.n:
            raise RunError(f"{self.folder / 'scores.parquet'} has {source.n:,} rows, run.json says {self.n:,}; {AGAIN}")
        return source

    def columns(self) -> dict[str, str]:
        """The columns a rule can name -> 'number', 'category', 'bool' or 'text'; lists are left out.

        A text column with few different values is a category.
        """
        return dict(self._reading.kinds)

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The whole table or some columns of it: scores, the user's own columns, x and y of the map.

        Returns N rows in order; row k is row k of the embeddings. Raises DataError for an unknown column.
        """
        names = self._reading.names(columns)
        found = self._reading.stored(names)
        if found is None:
            found = self.source.select(listed(names), names, Condition(), tail="ORDER BY row")
        return found.to_pandas()

    def numbers(self, name: str) -> np.ndarray:
        """One column of numbers or truth values, (N,) float32 with NaN where it is missing; read without a query."""
        return self._reading.numbers(name)

    def id_index(self) -> IdIndex:
        """Id -> row, for many look-ups."""
        from hem_core.store.id_index import id_index

        return id_index(self.texts("id"))

    def texts(self, name: str) -> pa.ChunkedArray:
        """One column of texts, most of them different; read without a query."""
        return self._reading.values(name, is_dictionary=False)

    def extent(self, name: str) -> tuple[float | None, float | None]:
        """The smallest and largest finite number of a column; two Nones where there is none."""
        found = column_values.noted_extent(self.source, name) if name in self.source.columns else None
        return found or column_values.extent(self.numbers(name))

    def categories(self, name: str) -> tuple[np.ndarray, list[Any]]:
        """One column of names: (N,) positions in its distinct values, -1 where it is missing, and these values."""
        return column_values.categories(self._reading.values(name))

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
        names = [name for name in self._reading.names(columns) if name != "row"]
        condition, used = self._reading.condition(rule, where, tags)
        if limit is None and not offset:
            tail = self._reading.order(order, descending)
            return self._reading.select(listed(["row", *names]), used | set(names) | {order or ""}, condition, tail)
        # Two steps: sorting carries row numbers alone, and only the page is read in full.
        window = f" LIMIT {'ALL' if limit is None else max(0, int(limit))} OFFSET {max(0, int(offset))}"
        page = self._reading.select(
            "row", used | {order or ""}, condition, self._reading.order(order, descending) + window
        )
        chosen = page["row"].to_numpy(np.int64)
        page_rows = self.at(chosen, names)
        page_rows.insert(0, "row", chosen)
        return page_rows

    def at(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The examples with these row numbers, in the order asked for, repeated where they are.

        Raises DataError when a number is outside 0 .. N-1.
        """
        wanted = self._known(rows)
        names = [name for name in self._reading.names(columns) if name != "row"]
        if self._whole is not None and names:
            return self._whole.select(names).take(wanted).to_pandas()
        few = self._reading.few(names, wanted)
        if few is not None:
            return few.to_pandas()
        distinct = ", ".join(str(row) for row in np.unique(wanted)) or "-1"
        distinct_rows = self._reading.select(
            listed(["row", *names]), set(names), Condition(f"row IN ({distinct})"), "ORDER BY row", np.unique(wanted)
        )
        place = np.searchsorted(distinct_rows["row"].to_numpy(np.int64), wanted)
        return distinct_rows.drop(columns="row").take(place).reset_index(drop=True)

    def records(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """The same as one object an example, with None where a value is missing; quick for a few rows."""
        if self._whole is None:
            import pyarrow as pa

            return pa.Table.from_pandas(self.at(rows, columns), preserve_index=False).to_pylist()
        wanted = self._known(rows)
        return self._whole.select(self._reading.names(columns)).take(wanted).to_pylist()

    def _known(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        wanted = np.asarray(rows, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < self.n:
            raise DataError(
                f"row numbers of this run are 0 to {self.n - 1}; requested: {wanted.min()} to {wanted.max()}"
            )
        return wanted

    @cached_property
    def _whole(self) -> pa.Table | None:
        """All columns in memory, where that is little: reading a few rows from the files takes ten times as long."""
        import pyarrow.parquet as pq

        paths = [self.source.path(file) for file in set(self.source.columns.values())]
        sizes = [pq.read_metadata(path) for path in paths]
        if sum(meta.row_group(k).total_byte_size for meta in sizes for k in range(meta.num_row_groups)) > WHOLE_BYTES:
            return None
        return self._reading.whole()

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
        condition, used = self._reading.condition(rule, where, tags)
        matches = self._reading.arrow("row", used, condition, "")
        return np.sort(matches["row"].to_numpy().astype(np.int64, copy=False), kind="stable")

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
        condition, used = self._reading.condition(rule, where, tags)
        return self._reading.select(what, used | set(self._reading.names(names)), condition, tail)

    def row_of(self, id: str) -> int:
        """Row number of an example. Raises DataError when the run has no such id."""
        rows = self.rows({"all": [{"rows": [id]}]})
        if not len(rows):
            raise DataError(f"no example '{id}' among the {self.n:,} of {self.title}{self._why_not(id)}")
        return int(rows[0])

    def neighbours(self, id: str) -> pd.DataFrame:
        """The nearest other examples, nearest first.

        Returns row, id, given, predicted, error, difficulty and distance_cosine (0 .. 2).
        Raises DataError for an unknown id, RunError when the run has no neighbours.
        """
        row = self.row_of(id)
        if self.graph is None:
            raise RunError(f"{self.title} has no neighbours: {self._missing('neighbours', 'embeddings')}")
        others = np.asarray(self.graph["indices"][row], np.int64)
        distances = np.asarray(self.graph["distances"][row], np.float32)
        is_known = others >= 0
        columns = [name for name in _NEIGHBOUR_COLUMNS if name != "row" and name in self.source.columns]
        nearest = self.at(others[is_known], columns)
        nearest.insert(0, "row", others[is_known])
        nearest["distance_cosine"] = distances[is_known]
        return nearest

    def curve(self, id: str) -> pd.DataFrame | None:
        """The training dynamics of a row: epoch (from 1), confidence, margin, is_correct (1, 0, NaN = unseen).

        None when the level has no dynamics, or none of this row.
        """
        return level_files.curve(self.home / "dynamics.parquet", id)

    def thumbnail(self, row: int) -> bytes | None:
        """The small picture of a row as WebP bytes; None when the run or this row has none."""
        if self._thumbnails is None:
            return self._drawing(row) if self._drawing is not None and 0 <= row < self.n else None
        if not 0 <= row < len(self._thumbnails[1]) - 1:
            return None
        packed, offsets = self._thumbnails
        return bytes(packed[offsets[row] : offsets[row + 1]]) or None

    def embeddings(self) -> np.ndarray | None:
        """(N, D) float16, or float32 where that is too narrow, row k of the table; None without embeddings.

        Mapped from disk when one file.
        """
        return level_files.embeddings(self.home / "embeddings")

    @property
    def has_embeddings(self) -> bool:
        """Whether rows can be compared by their embeddings."""
        return has_embeddings(self.home)

    def nearest(self, id: str, k: int, *, other: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """The k rows nearest to one in the embedding, found by exact search: row numbers and cosine distances (0 .. 2),
        ascending. The row itself is the first; with `other` only rows with another label count, and it is not there.

        Raises DataError for an unknown id or a row without an embedding, and RunError when the level has none, or no
        labels that `other` needs.
        """
        row = self.row_of(id)
        if not self.has_embeddings:
            raise RunError(f"{self.title} has no embedding to look for neighbours in: {self._missing('embeddings')}")
        distances = distances_to(self.home, row)
        if np.isnan(distances[row]):
            raise DataError(f"'{id}' of {self.title} has no embedding, so nothing can be near to it")
        allowed = self._with_another_label(row) if other else None
        distances[row] = -1  # before those that are its copies
        rows = nearest(distances, k, allowed)
        return rows, np.maximum(distances[rows], 0)

    @property
    def text_image_model(self) -> dict[str, Any] | None:
        """The text–image model that made the embedding: folder and identity; None where another one did."""
        made = self.info.get("embedding")
        if made is None or self.is_examples:
            return made
        return made if (self.info.get("level_neighbours") or {}).get(self.name, {}).get("of") == OF_WORDS else None

    @property
    def why_no_words(self) -> str | None:
        """Why words find nothing in the embedding, and what to do; None where they do."""
        if self.text_image_model is not None and self.has_embeddings:
            return None
        return (
            "words find pictures in the embedding of a text–image model, and this run has another one: score it again "
            "with --embedding FOLDER, the folder of a CLIP or SigLIP model"
        )

    def nearest_to_words(self, words: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k rows whose pictures are nearest to words, and their cosine distances (0 .. 2), ascending.

        Raises RunError when the embedding is not that of a text–image model, or this model is gone.
        """
        model = self.text_image_model
        if model is None or not self.has_embeddings:
            raise RunError(f"{self.title}: {self.why_no_words}")
        distances = distances_to(self.home, vector_of(model["folder"], model["identity"], words))
        rows = nearest(distances, k)
        return rows, np.maximum(distances[rows], 0)

    def near(self, near: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """The rows of a near clause, of an id or of words, and their distances: `nearest`, `nearest_to_words`."""
        if "words" in near:
            return self.nearest_to_words(near["words"], near["k"])
        return self.nearest(near["id"], near["k"], other=bool(near.get("other")))

    def _with_another_label(self, row: int) -> np.ndarray:
        name = next((name for name in ("label", "given") if name in self.columns()), None)
        if name is None or self.columns()[name] != "category":
            raise RunError(f"{self.title} has no classes, so there is no nearest of another one")
        codes, _names = self.categories(name)
        return (codes != codes[row]) & (codes >= 0)

    @property
    def has_pictures(self) -> bool:
        """Whether rows have small pictures."""
        return self._thumbnails is not None or self._drawing is not None

    @cached_property
    def graph(self) -> dict[str, np.ndarray] | None:
        """`indices` and `distances` (N, k) of the nearest others, mapped from disk; None without neighbours."""
        path = self.home / "neighbours.npz"
        return map_npz(path) if path.exists() else None

    @cached_property
    def _thumbnails(self) -> tuple[np.ndarray, np.ndarray] | None:
        return level_files.thumbnails(self.home, self.n)

    @cached_property
    def _drawing(self) -> Callable[[int], bytes | None] | None:
        medium = medium_of(self.info)
        if (
            not self.is_examples
            or not medium.is_drawn_on_request
            or not set(medium.columns) <= set(self.source.columns)
        ):
            return None
        return drawing_of(medium, self.table(medium.columns), self.root or self.folder)

    def _missing(self, *whats: str) -> str:
        reasons = self.info.get("missing") or {}
        return next((str(reasons[what]) for what in whats if what in reasons), "the file is not there")

    def _why_not(self, id: str) -> str:
        failed = level_files.failures(self.folder)
        reasons = failed.loc[failed["id"] == id, "reason"]
        return f": it could not be scored ({reasons.iloc[0]})" if len(reasons) else ""

    @cached_property
    def _reading(self) -> Reading:
        fixed = {} if self.is_examples else {"example": "text"}
        return Reading(self.source, self.n, self.title, fixed, has_classes=bool(self.classes), near=self._rows_near)

    def _rows_near(self, clause: Mapping[str, Any]) -> np.ndarray:
        return self.near(clause)[0]
