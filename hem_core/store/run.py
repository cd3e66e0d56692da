"""A run folder, the result of `hem score`, read as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.buckets.address import is_address
from hem_core.buckets.fetched import fetch
from hem_core.buckets.mirror import copy_of
from hem_core.errors import RunError
from hem_core.store import level_files, run_facts
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES
from hem_core.store.shown import shown
from hem_core.store.source import Source

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FORMAT_VERSION = 1


def open_run(folder: Path | str) -> Run:
    """Open the run in a folder; reads run.json alone. Of an address the run is downloaded first.

    Raises RunError when it is no run, is not complete, or was written by a newer HEM.
    """
    run = read_run(fetch(folder) if is_address(folder) else Path(folder))
    if not run.is_complete:
        raise RunError(
            f"the run {run.folder} is not complete (status: {run.info.get('status')}); "
            "run the same `hem score` command again to resume"
        )
    return run


def read_run(folder: Path) -> Run:
    """Like `open_run`, but also opens a run that is in progress or was interrupted."""
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

    runs = sorted(path.parent for path in folder.glob("runs/*/run.json"))
    inner = arms(folder)
    runs = [path for path in runs if path.name not in inner] or runs
    if runs:
        return f"It is a workspace; its runs: {', '.join(str(path) for path in runs)}"
    return f"Create one: hem score DATA --out {folder}"


@dataclass(frozen=True, eq=False)
class Run:
    """One scored data set: a folder with run.json and the tables of its levels. N examples.

    Rows are read through a level, `run.level("examples")`; the methods at the end use that one.
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

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels, `examples` first; a run whose task has parts has another one."""
        return tuple(self.info.get("levels") or (EXAMPLES,))

    def level(self, name: str = EXAMPLES) -> Level:
        """A level of the run, opened once. Raises RunError listing the levels there are."""
        if name not in self.levels:
            raise RunError(f"run '{self.name}' has no level '{name}'; there are: {', '.join(self.levels)}")
        return self._opened.setdefault(name, Level(self.folder, self.info, name))

    @cached_property
    def _opened(self) -> dict[str, Level]:
        return {}

    @property
    def examples(self) -> Level:
        """The level `examples`. The methods below are shortcuts to it."""
        return self.level(EXAMPLES)

    @property
    def level_of_reasons(self) -> str:
        """Name of the level whose rows the reasons are calibrated for; `examples` unless the task has parts."""
        return str((self.info.get("reasons") or {}).get("level", EXAMPLES))

    @property
    def root(self) -> Path | None:
        """The folder that `image` is relative to; inside the run it moves with it. None when the data have no files."""
        root = self.info.get("data", {}).get("root")
        if is_address(root):
            return copy_of(root)
        return self.folder / root if root else None

    def show(
        self,
        level: str = EXAMPLES,
        *,
        height: int = 700,
        filter: Mapping[str, Any] | None = None,
        selection: Mapping[str, Any] | None = None,
        person: str | None = None,
    ) -> Any:
        """The explorer of a level in a notebook: a widget for Jupyter, marimo and what else draws anywidgets.

        height: px; filter, selection: rules to begin with, see `store/rules.py`; person: who gives tags, by default
        $HEM_PERSON or the login. The widget's `filter` and `selection` follow what is done in it and can be set;
        `selected()` gives the rows. Raises HemError without the extra: pip install 'hem[notebook]'.
        """
        return shown("app.notebook.show").show(
            self, level=level, height=height, filter=filter, selection=selection, person=person
        )

    def failures(self) -> pd.DataFrame:
        """The examples that could not be scored: id, index (position in the catalog), reason."""
        return level_files.failures(self.folder)

    def progress(self) -> dict[str, Any] | None:
        """The contents of progress.json while the run is in progress: stage, done, total, rate, …; otherwise None."""
        try:
            return json.loads((self.folder / "progress.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    @property
    def source(self) -> Source:
        """`Level.source` of the examples."""
        return self.examples.source

    @property
    def graph(self) -> dict[str, np.ndarray] | None:
        """`Level.graph` of the examples."""
        return self.examples.graph

    def columns(self) -> dict[str, str]:
        """`Level.columns` of the examples."""
        return self.examples.columns()

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """`Level.table` of the examples: scores, the user's own columns, x and y of the map."""
        return self.examples.table(columns)

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
        """`Level.query` of the examples: those that match a rule and a typed condition, sorted and cut."""
        how: dict[str, Any] = {"order": order, "descending": descending, "limit": limit, "offset": offset}
        return self.examples.query(rule, where=where, tags=tags, columns=columns, **how)

    def at(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """`Level.at` of the examples."""
        return self.examples.at(rows, columns)

    def records(self, rows: Sequence[int] | np.ndarray, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """`Level.records` of the examples."""
        return self.examples.records(rows, columns)

    def rows(
        self, rule: Mapping[str, Any] | None = None, *, where: str | None = None, tags: pd.DataFrame | None = None
    ) -> np.ndarray:
        """`Level.rows` of the examples."""
        return self.examples.rows(rule, where=where, tags=tags)

    def row_of(self, id: str) -> int:
        """`Level.row_of` of the examples."""
        return self.examples.row_of(id)

    def neighbours(self, id: str) -> pd.DataFrame:
        """`Level.neighbours` of the examples."""
        return self.examples.neighbours(id)

    def curve(self, id: str) -> pd.DataFrame | None:
        """`Level.curve` of the examples."""
        return self.examples.curve(id)

    def thumbnail(self, row: int) -> bytes | None:
        """`Level.thumbnail` of the examples."""
        return self.examples.thumbnail(row)

    def embeddings(self) -> np.ndarray | None:
        """`Level.embeddings` of the examples."""
        return self.examples.embeddings()
