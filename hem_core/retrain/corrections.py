"""Parts that people corrected, and sets of parts, for a task that trains on examples with all their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.boxes.columns import GIVEN
from hem_core.labels.corrected_column import corrected_column
from hem_core.retrain.source import Source
from hem_core.retrain.test_data import TestData
from hem_core.sets.of_parts import examples_of
from hem_core.sets.run_of_set import UNSCORED
from hem_core.store.atomic import write_table
from hem_core.store.level_names import EXAMPLES
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace
from hem_core.tasks import Corrects, MakesItems

FILE = "corrected.parquet"
"""What people had corrected when a retraining was planned: `id` and the boxes of each image that they changed."""


def applied(
    home: Path, run: Run, data: tuple[Source, TestData], *, known: Path, folder: Path
) -> tuple[Source, TestData]:
    """The training and test data with what people corrected in them; as they are where nothing was.

    known: the folder of a retraining that may be planned already, with its corrections; folder: where they are kept
    when it is planned now. Test data in a file of their own are taken as they are.
    """
    train, test = data
    if not isinstance(train.task, MakesItems) or not isinstance(train.task, Corrects):
        return data
    if run.info.get("status") == UNSCORED:  # nobody can have reviewed its parts
        return data
    path = known / FILE if (known / "plan.json").is_file() else folder / FILE
    if not (known / "plan.json").is_file():
        classes = tuple(train.facts.get("classes") or ())
        write_table(path, corrected_column(run, open_workspace(home).tags(), classes))
    table = pq.read_table(path)
    if not table.num_rows:
        return data
    place = {id: row for row, id in enumerate(table["id"].to_pylist())}
    rows = pa.array([place.get(id) for id in train.ids], pa.int64())
    task, targets = train.task.with_corrected(table[GIVEN].combine_chunks().take(rows))
    fixed = replace(train, task=task, corrected=targets)
    return fixed, (replace(test, source=fixed) if test.source is train else test)


def of_examples(examples: pd.DataFrame, manifest: Mapping[str, Any], run: Run) -> pd.DataFrame:
    """A set as one of examples: of a set of parts the examples that they are of, each with its largest weight."""
    level = str(manifest.get("level") or EXAMPLES)
    return examples if level == EXAMPLES else examples_of(examples, run, level).drop(columns="parts")
