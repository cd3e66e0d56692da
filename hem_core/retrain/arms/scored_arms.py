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
from hem_core.models.estimator import Estimator
from hem_core.retrain.material import Material
from hem_core.retrain.source import columns_of
from hem_core.retrain.stored import Stored
from hem_core.retrain.test_data import TestData, test_name
from hem_core.runs.score import score
from hem_core.store.atomic import write_arrays, write_table
from hem_core.store.run import Run


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
            "classes": list(self.run.classes) or None,
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
        medium = self.test.source.facts["medium"]
        if medium == "dataset":
            return None
        if self.test.how == "file" and medium in ("array", "image"):
            return self.test.source.path, columns_of(self.run)
        rows, targets = self.material.test_rows, self.material.test_targets
        if medium == "array":
            return self._as_arrays(rows, targets), {}
        table = self.test.source.catalog.take(rows).replace_schema_metadata(None)
        table = table.set_column(table.column_names.index("label"), "label", pa.array(targets))
        columns: dict[str, Any] = {"id_column": "id", "label_column": "label"}
        if medium == "image":
            root = Path(self.test.source.facts["root"])
            paths = pa.array([str(root / path) for path in table["image"].to_pylist()], pa.string())
            table = table.set_column(table.column_names.index("image"), "image", paths)
            columns["image_column"] = "image"
        elif medium == "text":
            columns["text_column"] = "text"
        else:
            columns["feature_columns"] = [feature["name"] for feature in self.test.source.facts["features"]]
        return write_table(self.stored.folder / "test.parquet", table), columns

    def _as_arrays(self, rows: np.ndarray, targets: np.ndarray) -> Path:
        catalog = self.test.source.catalog
        taken = {"id", "label", "image", "image_row", "content_hash"}
        more = {name: catalog[name].take(rows).to_numpy() for name in catalog.column_names if name not in taken}
        plain = {name: np.array(values.tolist()) for name, values in more.items()}
        plain = {name: values for name, values in plain.items() if values.dtype != object}
        values: Any = self.test.source.held.read(rows)
        ids = np.array([self.test.source.ids[row] for row in rows.tolist()])
        if self.run.classes:
            plain["classes"] = np.array(self.run.classes)
        path = self.stored.folder / "test.npz"
        return write_arrays(path, images=values.numpy(), labels=targets, ids=ids, **plain)


def _is_ours(folder: Path, data: str) -> bool:
    try:
        return json.loads((folder / "run.json").read_text("utf-8"))["data"]["name"] == data
    except (OSError, ValueError, KeyError):
        return False
