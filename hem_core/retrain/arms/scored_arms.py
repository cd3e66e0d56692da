"""The first model of each arm as a run of its own, over the same test examples: the app compares them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from torch import nn

from hem_core.errors import RunError
from hem_core.media import Part, medium
from hem_core.models.estimator import Estimator
from hem_core.retrain.material import Material
from hem_core.retrain.source import columns_of
from hem_core.retrain.stored import Stored
from hem_core.retrain.test_data import TestData, test_name
from hem_core.runs.score import score
from hem_core.store.atomic import write_arrays, write_table
from hem_core.store.run import Run
from hem_core.tasks import MakesItems, output_names


@dataclass(frozen=True, eq=False)
class ScoredArms:
    """Makes WORKSPACE/runs/<name>-<arm>. Items of a torch Dataset have no file to score, so no runs either."""

    home: Path
    stored: Stored
    run: Run
    test: TestData
    material: Material

    def name(self, arm: str) -> str:
        return f"{self.stored.name}-{arm}"

    def names(self, is_like_control: Callable[[str], bool]) -> dict[str, str]:
        """Arm -> its run; an arm whose first training is the control's shares the control's."""
        arms = [path.name for path in (self.stored.folder / "arms").iterdir() if path.is_dir()]
        found = {arm: self.name("control" if is_like_control(arm) else arm) for arm in sorted(arms)}
        there = self.home / "runs"
        return {arm: name for arm, name in found.items() if (there / name / "run.json").is_file()}

    def score(self, arm: str, model: nn.Module) -> None:
        """Score the test with a model. Raises RunError when a run of that name is somebody else's."""
        if self._data is None:
            return
        data, columns = self._data
        out = self.home / "runs" / self.name(arm)
        options: dict[str, Any] = {
            "name": test_name(self.run),
            "task": self.test.source.task.name,
            "classes": list(output_names(self.test.source.task, self.run.classes)) or None,
            "sample": "out-of-sample",
            "oos": "none",
            "has_probes": False,
            "has_map": False,
            "resize": self.run.info.get("parameters", {}).get("resize"),
            "columns": columns,
            "layer": "none" if isinstance(model, Estimator) else None,
        }
        try:
            score(model, data, out=out, **options)
        except RunError:
            if not _is_ours(out, options["name"]):
                raise
            score(model, data, out=out, overwrite=True, **options)  # of a training that was killed, and came out other

    @cached_property
    def _data(self) -> tuple[Path | str, dict[str, Any]] | None:
        """A file of the test examples, and the names of its columns."""
        source = self.test.source
        if isinstance(source.task, MakesItems):
            return self._written(source.task)
        found = medium(source.facts["medium"])
        if self.test.how == "file" and found.is_scored_in_place:
            return source.path, columns_of(self.run)
        rows, targets = self.material.test_rows, self.material.test_targets
        table = source.catalog.take(rows).replace_schema_metadata(None)
        table = table.set_column(table.column_names.index("label"), "label", _column(targets))
        made = found.as_data(
            Part(table, source.facts, self.run.classes, lambda: np.asarray(source.cached_inputs.read(rows)))
        )
        if made is None:
            return None
        data, columns = made
        if isinstance(data, dict):
            return write_arrays(self.stored.folder / "test.npz", **data), columns
        columns = {"id_column": "id", "label_column": "label", **columns}
        return write_table(self.stored.folder / "test.parquet", data), columns

    def _written(self, task: MakesItems) -> tuple[Path | str, dict[str, Any]] | None:
        """The test examples as the task writes them, with what people corrected."""
        rows = self.test.source.catalog.take(self.material.test_rows)
        path = task.write_data(rows, self.material.test_targets, self.stored.folder / "test")
        root = (self.run.folder / self.test.source.facts["root"]).resolve()
        return (path, {"images": str(root)}) if path is not None else None


def _column(targets: np.ndarray) -> pa.Array:
    """Targets (T,) as a column; (T, K) as a column of rows."""
    return pa.array(targets if targets.ndim == 1 else targets.tolist())


def _is_ours(folder: Path, data: str) -> bool:
    try:
        return json.loads((folder / "run.json").read_text("utf-8"))["data"]["name"] == data
    except (OSError, ValueError, KeyError):
        return False
