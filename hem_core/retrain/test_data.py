"""The examples on which the arms are compared: a file, a split of the data, or a fifth of them drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.folds.assign import assign
from hem_core.folds.training_set import as_targets
from hem_core.retrain.source import Source, columns_of, open_source
from hem_core.retrain.unusable_test import Untested, untested
from hem_core.splits import part_of
from hem_core.store.run import Run
from hem_core.tasks import MakesItems, Task, is_known, load, of

PICTURES = "images"
"""The option of a run that names the folder of its pictures."""
PARTS = 5
"""The drawn test part is one in this many."""


@dataclass(frozen=True, eq=False)
class TestData:
    """T test examples: `rows` of `source`, and which rows of the training source stay for training, (N,) bool."""

    __test__ = False  # for pytest: no test, but data for one

    how: Literal["file", "split", "drawn"]
    what: str
    source: Source
    rows: np.ndarray
    is_training: np.ndarray
    untested: Untested = field(default_factory=Untested)
    """The test examples that cannot be used."""


def test_data(run: Run, train: Source, given: str | None, folder: Path) -> TestData:
    """The test data: the file given or named by the run, else the split column, else drawn.

    A drawn part has every class alike and never parts near-duplicates; it knows nothing of any set.
    Raises DataError when the file is gone or nothing in it can be used.
    """
    everything = np.ones(len(train.ids), dtype=bool)
    path = given or run.info["data"].get("test")
    if path:
        if not Path(path).exists():
            who = "--test" if given else f"run '{run.name}'"
            raise DataError(f"{who} names test data at '{path}', which does not exist; pass --test PATH")
        source = _opened(run, path, folder)
        rows = np.flatnonzero(source.usable)
        gone = untested(source, np.arange(len(source.ids)))
        if not len(rows):
            raise DataError(
                f"none of the {len(source.ids):,} examples of '{path}' can be tested on: "
                + (gone.refusal(run.classes) or "they have no label, or cannot be read")
            )
        return TestData("file", f"{len(rows):,} examples of {Path(path).name}", source, rows, everything, gone)
    split = _split(train)
    if split is not None:
        names, is_test, is_other = split
        rows = np.flatnonzero(is_test & train.usable)
        words = f"{len(rows):,} examples whose split is {names}"
        return TestData("split", words, train, rows, ~is_test & ~is_other, untested(train, np.flatnonzero(is_test)))
    return _drawn(run, train)


def _opened(run: Run, path: str, folder: Path) -> Source:
    """The examples of a test file, whose pictures lie beside the file, or else where those of the run do.

    Beside it first: pictures of a test may have the file names of the training's and other contents.
    """
    options = {"classes": run.classes, "parameters": run.info.get("parameters", {}), "task": of(run.info)}
    columns = columns_of(run)
    beside = {name: value for name, value in columns.items() if name != PICTURES}
    if beside == columns:
        return open_source(path, folder, columns=columns, **options)
    try:
        found = open_source(path, folder, columns=beside, **options)
    except DataError:  # none of its pictures lies there
        return open_source(path, folder, columns=columns, **options)
    if found.cached_inputs.is_good.all():
        return found
    try:
        of_run = open_source(path, folder, columns=columns, **options)
    except DataError:
        return found
    return max(found, of_run, key=lambda source: int(source.cached_inputs.is_good.sum()))


def test_name(run: Run) -> str:
    """Name of the test data, under which the tags of its examples are kept."""
    return f"{run.data}-test"


def corrected(
    targets: np.ndarray, ids: list[str], state: pd.DataFrame, classes: tuple[str, ...], *, task: Task | None = None
) -> np.ndarray:
    """Targets (T,) with the labels that people put in their place; state: of the tag log.

    Of a task whose labels are no texts they are as they were: see `Source.corrected`.
    """
    if isinstance(task, MakesItems):
        return targets
    fixed = state.loc[(state["tag"] == "mislabelled") & (state["value"] != ""), :]
    values = (task or load()).encode(fixed["value"].tolist(), classes)
    known = is_known(values)
    place = {id: row for row, id in enumerate(ids)}
    pairs = [(place[id], row) for row, id in enumerate(fixed["id"].tolist()) if known[row] and id in place]
    found = targets.copy()
    if pairs:
        rows, sources = np.array(pairs).T
        found[rows] = values[sources]
    return as_targets(found)


def _split(train: Source) -> tuple[str, np.ndarray, np.ndarray] | None:
    """Words, the test rows (N,) and other rows that are held out (N,); None without such a column."""
    if "split" not in train.catalog.column_names:
        return None
    parts = np.array([part_of(value) for value in train.catalog["split"].to_pylist()], dtype=object)
    is_test, is_validation = parts == "test", parts == "validation"
    if is_test.any():
        return "test", is_test, is_validation
    return ("validation", is_validation, is_test) if is_validation.any() else None


def _drawn(run: Run, train: Source) -> TestData:
    groups = np.full(len(train.ids), -1, dtype=np.int64)
    if "duplicate_group" in run.source.columns:
        table = run.table(["id", "duplicate_group"])
        known = table.loc[table["duplicate_group"].notna(), :]
        rows = np.array([train.row_of[id] for id in known["id"]], dtype=np.int64)
        groups[rows] = known["duplicate_group"].to_numpy(np.int64)
    strata = np.where(train.usable, train.task.strata(train.targets), -1)
    part = assign(strata, PARTS, groups=groups, seed=0)
    is_test = part == 0
    words = f"{int(is_test.sum()):,} examples, one in {PARTS}, drawn from the data without looking at the set"
    return TestData("drawn", words, train, np.flatnonzero(is_test), ~is_test)
