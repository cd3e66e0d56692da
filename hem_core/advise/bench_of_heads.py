"""Linear heads on the embeddings of a run, which stand for a model whose training is not at hand."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from hem_core.advise.bench import Bench, folds_of, held_out, second_classes, task_of
from hem_core.advise.trainable import is_foreign
from hem_core.advise.trial_rows import TrialRows
from hem_core.errors import DataError
from hem_core.folds.linear_head import fit

if TYPE_CHECKING:
    from hem_core.store.run import Run

OF_HEADS = "linear heads on the embeddings (a stand-in for the model)"


def bench_of_heads(run: Run) -> Bench:
    """Heads that are fitted anew for every trial, in seconds. Raises DataError for a run without embeddings."""
    task, embeddings = task_of(run), run.embeddings()
    if embeddings is None or "linear heads" not in task.offers:
        raise DataError(
            f"run '{run.name}' has no embeddings to fit heads on; pass --train package.module:train, the function that "
            "trains its model"
        )
    labels = [value if isinstance(value, str) else None for value in run.table(["given"])["given"].tolist()]
    targets = task.encode(labels, run.classes)
    x = np.asarray(embeddings, np.float32)
    targets = np.where(np.isfinite(x).all(axis=1), targets, -1)
    seed = int(run.info.get("parameters", {}).get("seed") or 0)

    def trained(trial: TrialRows, tested: np.ndarray, _seed: int, _where: str) -> np.ndarray:
        present, y = np.unique(trial.targets, return_inverse=True)
        weight, bias = fit(x[trial.rows], y, 1 / max(2, len(run.classes)))
        return (present[(x[tested] @ weight + bias).argmax(axis=1)] != targets[tested]).astype(np.float64)

    return Bench(
        run,
        OF_HEADS,
        True,
        not is_foreign(run),
        trained,
        targets,
        folds_of(run, targets, seed),
        (targets >= 0) & ~held_out(run),
        second_classes(run, targets),
        {"embeddings": hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()},
    )
