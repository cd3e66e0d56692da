"""Is a run worse than another one over the same data? A regression test of what is scored already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.runs.described_by import NO_DESCRIPTION
from hem_core.runs.side_by_side import NOTHING, matcher, side_by_side
from hem_core.runs.together import together
from hem_core.slices.attributes import attributes
from hem_core.stats.holm import holm
from hem_core.stats.mcnemar import mcnemar
from hem_core.stats.paired import Difference
from hem_core.store.level import Level
from hem_core.store.run import Run
from hem_core.thresholds import WRONG

MIN_SIZE = 20
"""Given parts that a slice must have to be looked at."""
CHANCE = 0.05
_NO_SLICE = {
    "example", "given", "predicted", "error", "is_correct", "difficulty", "label_suspicion", "loss", "suspicion",
    "reason", "reason_prob", "evidence", "x", "y",
}  # fmt: skip


@dataclass(frozen=True)
class Changed:
    """One row that one run has right and the other wrong."""

    id: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class SliceChange:
    """A slice in which the later run has more wrong than the earlier one."""

    name: str
    n: int
    fixed: int
    regressed: int
    p: float
    """Of an exact McNemar test, corrected for the number of slices tested (Holm)."""


@dataclass(frozen=True)
class RunCheck:
    """Two runs on the examples that both have."""

    run: str
    against: str
    level: str
    """Whose rows are counted: the parts, where the task has any."""
    n_examples: int
    n_checked: int
    failed_before: int
    failed_now: int
    measures: list[Difference]
    """Of the whole, then of each class; [] for a task whose quality is the mean over its examples."""
    newly_failing: list[Changed]
    fixed: list[Changed]
    slices: list[SliceChange]
    """Those that regressed by more than chance."""

    @property
    def is_passed(self) -> bool:
        """Whether the headline's interval does not lie below 0 and no slice regressed; without such a headline, whether
        no more rows fail than before."""
        if not self.measures:
            return self.failed_now <= self.failed_before
        return not self.measures[0].is_worse and not self.slices

    def to_json(self) -> dict[str, Any]:
        """Every field, and `passed`."""
        return {"passed": self.is_passed, **asdict(self)}


def check_runs(before: Run, after: Run, *, ids: set[str] | None = None) -> RunCheck:
    """Compare a run with the one before it. ids: only these examples.

    Raises DataError when the runs share no example, or are over other data.
    """
    if before.data != after.data:
        raise DataError(
            f"run '{after.name}' is over the data '{after.data}', run '{before.name}' over '{before.data}'; check runs "
            "over the same data: score with the same --name"
        )
    shared = [name for name in after.levels if name in before.levels]
    name = shared[-1]
    rows = _rows(before.level(name), after.level(name), ids)
    if rows.empty:
        raise DataError(f"runs '{before.name}' and '{after.name}' share no {name}; check runs over the same data")
    measured = together(before, after, ids=ids)
    was_wrong, is_wrong = (~(rows[f"error_{when}"].to_numpy(float) < WRONG) for when in ("before", "after"))
    return RunCheck(
        after.name,
        before.name,
        name,
        measured.n if measured is not None else len(set(rows["example"])),
        len(rows),
        int(was_wrong.sum()),
        int(is_wrong.sum()),
        measured.differences() if measured is not None else [],
        _changed(rows.loc[~was_wrong & is_wrong, :]),
        _changed(rows.loc[was_wrong & ~is_wrong, :]),
        _slices(after.level(name), rows, was_wrong, is_wrong),
    )


def _rows(before: Level, after: Level, ids: set[str] | None) -> pd.DataFrame:
    """The rows that both have, side by side, of these examples; `example` is the row's own id on the level examples."""
    names = [name for name in ("id", "label", "predicted", "error", "example") if name in after.source.columns]
    tables = tuple(level.table(names).assign(row=np.arange(level.n)) for level in (before, after))
    task = matcher(after)
    if task is not None:
        tables = side_by_side(task, (before, after), (tables[0], tables[1]))
    if after.is_examples:
        tables = tuple(table.assign(example=table["id"]) for table in tables)
    both = tables[1].merge(tables[0], on="id", suffixes=("_after", "_before"))
    both = both.assign(example=both["example_after"].fillna(both["example_before"]))
    both = both.dropna(subset=["error_before", "error_after"])
    return both if ids is None else both.loc[both["example"].isin(sorted(ids)), :]


def _changed(rows: pd.DataFrame) -> list[Changed]:
    is_matched = "outcome_after" in rows
    words = [
        rows[f"{'outcome' if is_matched else 'predicted'}_{when}"].fillna("nothing") for when in ("before", "after")
    ]
    columns = [rows["id"], rows["label_after"].fillna("none"), *words]
    return [Changed(*map(str, values)) for values in zip(*columns, strict=True)]


def _slices(after: Level, rows: pd.DataFrame, was_wrong: np.ndarray, is_wrong: np.ndarray) -> list[SliceChange]:
    """The slices, by what the rows are, that regressed: classes, categories and bins of numbers."""
    places = rows["row_after"].to_numpy(np.int64)
    kept = (places >= 0) & (rows["label_after"] != NOTHING).to_numpy()  # a false positive that is gone is no row
    metadata = after.table(_described(after)).iloc[places[kept]].reset_index(drop=True)
    fixed, regressed = (was_wrong & ~is_wrong)[kept], (~was_wrong & is_wrong)[kept]
    found = []
    for attribute in attributes(metadata, min_size=MIN_SIZE):
        for part, words in enumerate(attribute.words):
            inside = attribute.codes == part
            if inside.sum() >= MIN_SIZE:
                found.append((words, int(inside.sum()), int(fixed[inside].sum()), int(regressed[inside].sum())))
    return _clear(found)


def _clear(found: Sequence[tuple[str, int, int, int]]) -> list[SliceChange]:
    """Those whose regressions are more than chance after Holm's correction, the surest first."""
    p = [mcnemar(fixed, regressed) for _words, _n, fixed, regressed in found]
    adjusted = holm(p)
    clear = [
        (p[at], SliceChange(words, n, fixed, regressed, adjusted[at]))
        for at, (words, n, fixed, regressed) in enumerate(found)
        if adjusted[at] < CHANCE and regressed > fixed
    ]
    return [each for _p, each in sorted(clear, key=lambda pair: pair[0])]


def _described(level: Level) -> list[str]:
    """The columns that say what a row is: its class, the user's own, and of parts what the task measured of them."""
    known = level.columns()
    if level.is_examples:
        names = ["label", *(name for name, file in level.source.columns.items() if file == "catalog")]
    else:
        names = ["label", *(name for name in level.source.columns if name not in _NO_SLICE | set(level.judged))]
    kinds = ("category", "number", "bool")
    return [name for name in dict.fromkeys(names) if name not in NO_DESCRIPTION and known.get(name) in kinds]
