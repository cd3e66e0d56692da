"""The examples that a workspace knows and their given labels."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hem_core.errors import DataError
from hem_core.store import sets
from hem_core.store.run import Run
from hem_core.store.workspace import Workspace, open_workspace
from hem_core.tasks import Task, TogglesTags, is_known, of


@dataclass(frozen=True)
class GivenLabels:
    """The examples of one data set, under whose name their tags are kept."""

    data: str
    labels: dict[str, str | None]
    """Id -> the label that came with the data; None where it had none."""
    classes: frozenset[str]
    task: Task | None = None
    """The task of the newest run, or of a set that names one; None where neither does."""
    run: Run | None = None
    """The newest run; None where only sets are known."""

    def knows(self, label: str) -> bool:
        """Whether a text is a label of these data: one of the classes, or what the task can read."""
        if label in self.classes:
            return True
        if self.task is None or self.classes or "classes" in self.task.offers:
            return False
        return bool(is_known(self.task.encode([label], ()))[0])

    @property
    def set_of(self) -> Callable[[Any], str | None] | None:
        """Reads an answer where labels are sets of tags; None where they are not."""
        return self.task.label_of if isinstance(self.task, TogglesTags) else None


def given_labels(folder: Path | str, run: str | None, ids: Collection[str]) -> GivenLabels:
    """The data set that has these ids: that of the named run, otherwise the one that has the most of them.

    A data set is known from its newest run, and where it has none, from the sets in the workspace.
    Raises RunError or DataError when there is no such run, nothing knows any of the ids, or two know as many.
    """
    workspace = open_workspace(folder)
    found = [_of_run(workspace.run(Path(run).name))] if run is not None else _all(workspace)
    counts = [sum(id in each.labels for id in ids) for each in found]
    most = max(counts, default=0)
    if not most:
        there = ", ".join(each.data for each in found) or "nothing"
        some = next(iter(ids), "")
        raise DataError(f"{folder} knows none of the {len(ids):,} ids, such as '{some}'; it knows the data {there}")
    best = [each for each, count in zip(found, counts, strict=True) if count == most]
    if len(best) > 1:
        raise DataError(f"the ids fit the data {' and '.join(each.data for each in best)}; choose with --run NAME")
    return best[0]


def _all(workspace: Workspace) -> list[GivenLabels]:
    found: dict[str, GivenLabels] = {}
    for run in workspace.runs():
        if run.is_complete and run.data not in found:
            found[run.data] = _of_run(run)
    by_sets: dict[str, GivenLabels] = {}
    for name, versions in workspace.sets().items():
        for version in versions:
            each = _of_set(workspace.folder, name, version)
            if each is not None and each.data not in found:
                known = by_sets.get(each.data, each)
                labels, classes = {**known.labels, **each.labels}, known.classes | each.classes
                by_sets[each.data] = GivenLabels(each.data, labels, classes, known.task or each.task)
    return [*found.values(), *by_sets.values()]


def _of_run(run: Run) -> GivenLabels:
    table = pq.read_table(run.folder / "catalog.parquet", columns=["id", "label"])
    labels = dict(zip(table["id"].to_pylist(), table["label"].to_pylist(), strict=True))
    return GivenLabels(run.data, labels, frozenset(run.classes), of(run.info), run)


def _of_set(folder: Path, name: str, version: int) -> GivenLabels | None:
    examples, manifest = sets.load(folder, name, version)
    data, classes = (manifest.get("data") or {}).get("name"), manifest.get("classes")
    column = "label_before" if "label_before" in examples.columns else "label"
    task = of(manifest) if manifest.get("task") else None
    if not data or not (classes or task) or column not in examples.columns:
        return None
    labels = examples[column].astype("object").where(examples[column].notna(), None).tolist()
    by_id = dict(zip(examples["id"].tolist(), labels, strict=True))
    return GivenLabels(str(data), by_id, frozenset(classes or ()), task)
