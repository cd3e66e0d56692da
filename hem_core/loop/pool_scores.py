"""How hard each candidate of a pool is for the model of the round, and how unsure the model is of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from hem_core.difficulty.headline import headline
from hem_core.embeddings.neighbours import neighbours
from hem_core.engine.example_scores import example_scores
from hem_core.loop.pool import Pool
from hem_core.loop.pool_model import PoolPredictions
from hem_core.stats.percentile import percentile
from hem_core.tasks import RanksPool, Task, is_known

LABEL_FREE = ("top2_gap", "entropy", "least_confidence", "energy")
WITH_LABEL = ("margin", "loss", "el2n")
SCORES = (*LABEL_FREE, *WITH_LABEL)
"""Columns of the candidates of a task with classes, higher = harder; WITH_LABEL is NaN where one has no label."""
GRADED = ("loss", "error")
"""Columns of the candidates of any other task that have a label, beside those that the task names."""
DIFFICULTY = "difficulty"
WORDS = ("id", "label", "predicted")
"""Columns of the candidates that are no numbers."""
SAMPLE = "out-of-sample"
"""No candidate was in the training of the model that judges it."""
NEAREST = 10
"""Neighbours of a candidate among the others."""


def columns_of(task: Task, *, has_labels: bool) -> dict[str, str]:
    """The columns of numbers that candidates have -> "label" where they need a label, else "". has_labels: whether some
    candidates have one."""
    if "classes" in task.offers:
        free, labelled = LABEL_FREE, (*WITH_LABEL, DIFFICULTY)
    else:
        free = tuple(task.uncertainties) if isinstance(task, RanksPool) else ()
        labelled = (*GRADED, *(task.shortcomings if isinstance(task, RanksPool) else ()), DIFFICULTY)
    return dict.fromkeys(free, "") | (dict.fromkeys(labelled, "label") if has_labels else {})


def candidates(pool: Pool, rows: np.ndarray, predictions: PoolPredictions, targets: np.ndarray) -> pd.DataFrame:
    """One row a candidate: `id`, `label` (None where there is none), of classes `predicted` (a class's name), and
    `columns_of`; `difficulty` is the percentile of loss and margin, as in a run, or of the loss.

    rows (c,): their positions; predictions: of them, by the round's model; targets (N, …), -1 or NaN = no label.
    """
    own, task = targets[rows], pool.task
    columns: dict[str, np.ndarray] = dict(scores_of(task, predictions, own))
    if "classes" in task.offers:
        columns["predicted"] = np.array([*pool.classes, None], dtype=object)[columns["predicted"]]
    label = np.array(task.written(own, pool.classes), dtype=object)
    return pd.DataFrame({"id": [pool.ids[row] for row in rows], "label": label, **columns})


def scores_of(task: Task, predictions: PoolPredictions, targets: np.ndarray) -> Mapping[str, np.ndarray]:
    """`columns_of`, each (c,), and of classes `predicted`, their numbers; targets (c, …), -1 or NaN = no label."""
    if "classes" in task.offers:
        return _of_classes(task, predictions.raw, targets)
    return _of_outputs(task, predictions, targets)


def _of_classes(task: Task, logits: np.ndarray, targets: np.ndarray) -> Mapping[str, np.ndarray]:
    is_labelled = targets >= 0
    labels = torch.from_numpy(np.where(is_labelled, targets, 0))
    tensors = example_scores(task, [""] * len(targets), torch.from_numpy(logits), labels)
    columns = {name: tensors[name].numpy().astype(np.float32) for name in SCORES}
    for name in WITH_LABEL:
        columns[name] = np.where(is_labelled, columns[name], np.float32(np.nan))
    columns["predicted"] = tensors["predicted"].numpy()
    if is_labelled.any():
        columns[DIFFICULTY] = headline(columns, sample=SAMPLE)["difficulty"]
    return columns


def _of_outputs(task: Task, predictions: PoolPredictions, targets: np.ndarray) -> Mapping[str, np.ndarray]:
    raw, is_labelled = predictions.raw, is_known(targets)
    columns: dict[str, np.ndarray] = {}
    if isinstance(task, RanksPool):
        columns |= task.unsure(raw, lambda: _near(predictions.embeddings))
    if not is_labelled.any():
        return columns
    some, given = raw[is_labelled], targets[is_labelled]
    tensors = example_scores(task, [""] * len(given), torch.from_numpy(some), torch.from_numpy(given))
    labelled = {name: tensors[name].numpy() for name in GRADED}
    labelled |= task.judged(some, given) if isinstance(task, RanksPool) else {}
    labelled[DIFFICULTY] = percentile(labelled["loss"])
    return columns | {name: _spread(values, is_labelled) for name, values in labelled.items()}


def _spread(values: np.ndarray, is_labelled: np.ndarray) -> np.ndarray:
    """(c,) float32 of the values of those with a label, NaN for the others."""
    every = np.full(len(is_labelled), np.nan, np.float32)
    every[is_labelled] = values
    return every


def _near(embeddings: np.ndarray | None) -> np.ndarray | None:
    if embeddings is None or len(embeddings) < 2:
        return None
    return neighbours(embeddings, NEAREST).indices
