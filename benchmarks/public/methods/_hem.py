"""One run of HEM on the evidence, as a user makes it of files: predictions, embeddings and the recorded training."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import hem_core
from benchmarks.public._types import Evidence, losses
from hem_core.dynamics.table import Dynamics, write


@functools.lru_cache(maxsize=1)
def table(evidence: Evidence) -> pd.DataFrame:
    """The run's table in the order of the evidence; all options by default, but no map is drawn."""
    n, names = len(evidence.labels), [f"class {number:03d}" for number in range(evidence.n_classes)]
    ids = [f"{row:05d}" for row in range(n)]
    columns = {"id": ids, "label": [names[label] for label in evidence.labels]}
    lists = {"logits": list(evidence.logits), "embedding": list(evidence.embeddings)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.table(columns | lists), folder / "predictions.parquet")
        run = hem_core.score(
            None,
            folder / "predictions.parquet",
            out=folder / "run",
            sample="out-of-sample",
            dynamics=write(_dynamics(evidence, ids), folder / "dynamics.parquet"),
            classes=names,
            has_map=False,
            seed=evidence.seed,
        )
        return run.table().sort_values("index", ignore_index=True)


def _dynamics(evidence: Evidence, ids: list[str]) -> Dynamics:
    confidences = np.exp(-losses(evidence.epoch_logits, evidence.labels)).astype(np.float32)
    own = evidence.labels[:, None, None]
    label_logits = np.take_along_axis(evidence.epoch_logits, own, axis=2)[:, :, 0]  # (N, E)
    others = evidence.epoch_logits.copy()
    np.put_along_axis(others, own, -np.inf, axis=2)
    margins = (others.max(axis=2) - label_logits).astype(np.float32)
    hits = (margins < 0).astype(np.float32)
    return Dynamics(ids, confidences, margins, hits, are_rounds=evidence.are_rounds)
