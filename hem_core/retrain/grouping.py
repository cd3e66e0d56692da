"""The groups of a retraining: of which column, and the weights that they give to the material."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hem_core.errors import RunError
from hem_core.retrain.groups import Groups, group_weights, groups_of
from hem_core.retrain.groups_proposal import far_behind
from hem_core.retrain.material import Material
from hem_core.retrain.source import Source
from hem_core.retrain.test_data import TestData
from hem_core.store.run import Run
from hem_core.thresholds import WRONG


def group_column(run: Run) -> str:
    """The column of the slice that is the furthest behind. Raises RunError when none is."""
    found = far_behind(run)
    if found is None:
        raise RunError("no slice of the run is far behind the others; name the column of the groups with --group")
    return found[0]


def grouped(column: str | None, run: Run, train: Source, test: TestData, made: Material) -> tuple[Groups, Material]:
    """The groups of the rows that are trained on and tested, by the labels of the curated training, and the material
    with their weights."""
    of_train = train.catalog.take(made.rows), made.curated
    of_test = test.source.catalog.take(made.test_rows), made.test_targets
    groups = groups_of(column or group_column(run), run.classes, of_train, of_test)
    wrong = _is_wrong(run, [train.ids[row] for row in made.rows.tolist()])
    return groups, replace(made, group_weight=group_weights(groups, wrong), test_group=groups.test)


def _is_wrong(run: Run, ids: list[str]) -> np.ndarray:
    """(N,) bool: the run's prediction that counts is wrong; False for what was not scored."""
    table = run.table(["id", "error"]).set_index("id")["error"]
    return table.reindex(ids).fillna(0).to_numpy(np.float64) >= WRONG
