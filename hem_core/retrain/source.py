"""Examples of a source that can be read again and again, with their class numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core import catalog as catalogs
from hem_core.buckets.address import is_address
from hem_core.engine.batch import Inputs
from hem_core.errors import DataError
from hem_core.folds.cached_inputs import AT_ONCE, CachedInputs
from hem_core.runs.options import Options
from hem_core.runs.prepare import is_picture, open_data
from hem_core.store.run import Run
from hem_core.tasks import MakesItems, ModelFacts, TargetOptions, Task, is_known, load, of


@dataclass(frozen=True, eq=False)
class Source:
    """N examples; `targets` (N,) int64, -1 where the label is none of the classes, or float32, NaN where it is none."""

    catalog: pa.Table
    facts: dict[str, Any]
    inputs: Inputs
    cached_inputs: CachedInputs
    targets: np.ndarray
    path: str
    task: Task = field(default_factory=load)
    corrected: np.ndarray | None = None
    """(N,) targets as people corrected them, of a task whose labels are no texts; None where nothing was corrected."""

    @cached_property
    def ids(self) -> list[str]:
        return self.catalog["id"].to_pylist()

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each id."""
        return {id: row for row, id in enumerate(self.ids)}

    @property
    def is_picture(self) -> bool:
        return is_picture(self.facts)

    @cached_property
    def usable(self) -> np.ndarray:
        """(N,) bool: has a label and can be read."""
        return self.cached_inputs.is_good & is_known(self.targets)

    @cached_property
    def hashes(self) -> np.ndarray:
        """(N,) content hash of each input, "" where it cannot be read."""
        found = np.full(len(self.ids), "", dtype=object)
        for start in range(0, len(self.ids), AT_ONCE):
            batch = self.inputs.read(range(start, min(start + AT_ONCE, len(self.ids))))
            found[batch.indices] = batch.hashes
        return found


def open_source(
    data: Any,
    folder: Path,
    *,
    columns: Mapping[str, Any],
    classes: Sequence[str],
    parameters: Mapping[str, Any],
    task: Task | None = None,
) -> Source:
    """The examples of `data`, read as those of a run were.

    folder: where the arrays of an .npz are unpacked, unless they lie there. columns: as for `hem_core.catalog.read`;
    parameters: the run's `resize`, `channels` and `labels_are`; task: the run's, by default classification.
    Raises DataError when it cannot be read, or holds nothing to train on.
    """
    catalog = catalogs.read(data, **columns)
    task = task or load()
    options = Options(resize=parameters.get("resize"), task=task.name)
    facts, inputs = open_data(catalog, data, folder, options, channels=parameters.get("channels") or 3)
    if inputs is None:
        raise DataError(
            f"'{facts['source']}' has no pictures, texts, features or arrays, so there is nothing to train on"
        )
    if isinstance(task, MakesItems):
        read = task.read_targets(catalog, facts, ModelFacts(first_label=1), TargetOptions())  # as of a trained model
        task, targets = read.task or task, read.values
    else:
        targets = task.targets_for(catalog, facts, classes, labels_are=parameters.get("labels_are"))
    return Source(catalog, facts, inputs, CachedInputs(inputs, catalog.num_rows), targets, str(data), task)


def columns_of(run: Run) -> dict[str, Any]:
    """Which columns of its source a run was made from, features by their names."""
    columns = dict(run.info.get("parameters", {}).get("columns") or {})
    features = [feature["name"] for feature in run.info["data"].get("features") or ()]
    return columns | ({"feature_columns": features} if features else {})


def data_of(run: Run, given: str | None) -> str:
    """The location of a run's examples: the given path, otherwise the one that the run names.

    Raises DataError, saying what to pass, when there is nothing.
    """
    if given is not None:
        return given
    data = run.info["data"]
    for place in (data.get("path"), data.get("source")):
        if place and (is_address(place) or Path(place).exists()):
            return str(place)
    raise DataError(
        f"the data of run '{run.name}' are no longer at '{data.get('path') or data.get('source')}'; "
        "pass their location with --data PATH"
    )


def train_source(run: Run, given: str | None, folder: Path) -> Source:
    """The examples that a run was made from. folder: the retraining's, for arrays that the run has not unpacked.

    Raises DataError when the data are gone or are others.
    """
    data = data_of(run, given)
    place = run.folder if given is None else folder
    parameters = run.info.get("parameters", {})
    source = open_source(
        data, place, columns=columns_of(run), classes=run.classes, parameters=parameters, task=of(run.info)
    )
    unknown = [id for id in run.table(["id"])["id"].tolist() if id not in source.row_of]
    if unknown:
        raise DataError(
            f"'{data}' lacks {len(unknown):,} of the {run.n:,} examples of run '{run.name}', such as '{unknown[0]}'; "
            "it is another data set: pass the scored one with --data PATH"
        )
    return source
