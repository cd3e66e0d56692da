"""What the run.json of a synthetic run says."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.runs.projection import peak_memory_mb
from hem_core.runs.synthetic.rows import EASY, KINDS, MISLABELLED, Rows
from hem_core.runs.synthetic.world import World
from hem_core.stats.auroc import auroc
from hem_core.store.run import FORMAT_VERSION
from hem_core.tasks import DEFAULT, Task

NOTE = "A synthetic run: its examples, predictions and reasons were drawn by chance; no model was trained."
TOO_MANY = "a synthetic run of so many examples stores none"


@dataclass(frozen=True, eq=False)
class Counted:
    """What is kept of every example for the account and the slices, (n,) each."""

    classes: Sequence[str]
    given: np.ndarray
    error: np.ndarray
    error_in_sample: np.ndarray
    """Wrong in the last epoch of the training."""
    camera: np.ndarray
    light: np.ndarray
    brightness: np.ndarray
    kind: np.ndarray
    mislabelled: np.ndarray
    """The probability of that reason."""

    @classmethod
    def of(cls, n: int, classes: Sequence[str]) -> Counted:
        small = [np.zeros(n, np.int8) for _ in range(6)]
        brightness, mislabelled = np.zeros(n, np.float32), np.zeros(n, np.float32)
        given, error, own, camera, light, kind = small
        return cls(classes, given, error, own, camera, light, brightness, kind, mislabelled)

    def add(self, rows: Rows, columns: Mapping[str, np.ndarray], last_hits: np.ndarray) -> None:
        """Keep a block. last_hits (len(rows),): 1 where the last epoch of the training got it right."""
        part = slice(rows.start, rows.start + len(rows))
        self.given[part], self.camera[part], self.light[part] = rows.given, rows.camera, rows.light
        self.brightness[part], self.kind[part] = rows.brightness, rows.kind
        self.error[part], self.error_in_sample[part] = columns["error"], 1 - last_hits
        self.mislabelled[part] = columns["reason_probs"][:, MISLABELLED]


def opening(folder: Path, n: int, world: World, key: str) -> dict[str, Any]:
    """What is known before anything is made."""
    name = folder.resolve().name
    return {
        "format_version": FORMAT_VERSION,
        "name": name,
        "task": DEFAULT,
        "status": "running",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "key": key,
        "classes": list(world.classes),
        "n": n,
        "sample": "out-of-sample",
        "notes": [NOTE],
        "model": {"name": "synthetic", "hash": key, "layer": None},
        "data": {
            "name": name,
            "source": f"hem synth, seed {world.seed}",
            "medium": "synthetic",
            "root": ".",
            "path": None,
            "test": None,
        },
        "held_out_accuracy": None,
        "parameters": {"seed": world.seed, "labels_are": "names", "columns": {}, "channels": 3},
        "versions": {"python": platform.python_version()} | {of: version(of) for of in ("torch", "pyarrow")},
        "n_failed": 0,
        "failed": None,
        "warning": None,
        "levels": ["examples"],
        "dynamics": None,
    }


def of_tables(task: Task, counted: Counted, *, has_graph: bool, k: int) -> dict[str, Any]:
    """What is known when the tables are there."""
    own, other = (float(1 - wrong.mean()) for wrong in (counted.error_in_sample, counted.error))
    missing = {"embeddings": "No embeddings: the map of a synthetic run was drawn, not computed."}
    if not has_graph:
        missing |= {
            "neighbours": f"No lists of neighbours: {TOO_MANY}.",
            "dynamics": f"No curves of the training: {TOO_MANY}; the data map has its scores.",
        }
    return {
        "metrics": [metric.to_json() for metric in task.metrics({"error": counted.error})],
        "oos": {"how": "folds", "folds": 5, "repeats": 1, "accuracy": other, "in_sample_accuracy": own},
        "reasons": _reasons(counted),
        "headline": {
            "difficulty": "percentile of the chance, known by construction, that a fresh model gets the label wrong",
            "label_suspicion": "percentile of how far the label falls behind, and of the neighbours' disagreement",
        },
        "neighbours": {"k": k, "method": "exact", "recall": 1.0} if has_graph else None,
        "missing": missing,
        "peak_memory_mb": peak_memory_mb(),
    }


def _reasons(counted: Counted) -> dict[str, Any]:
    planted = counted.kind == MISLABELLED
    return {
        "how": "calibrated",
        "kinds": list(KINDS),
        "auroc": round(auroc(counted.mislabelled[planted], counted.mislabelled[~planted]), 4),
        "n_probes": int((counted.kind != EASY).sum()),
        "is_trusted": True,
        "n_tagged": 0,
        "note": "Drawn around the kinds that were planted.",
    }
