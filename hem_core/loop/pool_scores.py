"""How hard each candidate of a pool is for the model of the round."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from hem_core.difficulty.headline import headline
from hem_core.engine.example_scores import example_scores
from hem_core.loop.pool import Pool
from hem_core.loop.pool_model import PoolPredictions
from hem_core.tasks import load

LABEL_FREE = ("top2_gap", "entropy", "least_confidence", "energy")
WITH_LABEL = ("margin", "loss", "el2n")
SCORES = (*LABEL_FREE, *WITH_LABEL)
"""Columns of the candidates, higher = harder; WITH_LABEL is NaN where a candidate has no label."""
SAMPLE = "out-of-sample"
"""No candidate was in the training of the model that judges it."""


def candidates(pool: Pool, rows: np.ndarray, predictions: PoolPredictions, targets: np.ndarray) -> pd.DataFrame:
    """One row a candidate: `id`, `label` (None where there is none), `predicted` (a class's name), SCORES, and
    `difficulty` (percentile of loss and margin, as in a run), which is not there when no candidate has a label.

    rows (c,): their positions; said: of them, by the round's model; targets (N,) int64, -1 = no label.
    """
    names = np.array([*pool.classes, None], dtype=object)
    columns = scores_of(predictions.logits, targets[rows])
    if (targets[rows] >= 0).any():
        columns["difficulty"] = headline(columns, sample=SAMPLE)["difficulty"]
    columns["predicted"] = names[columns["predicted"]]
    return pd.DataFrame({"id": [pool.ids[row] for row in rows], "label": names[targets[rows]], **columns})


def scores_of(logits: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """SCORES and `predicted`, each (c,), of logits (c, K) and targets (c,) int64, -1 = no label."""
    is_labelled = targets >= 0
    labels = torch.from_numpy(np.where(is_labelled, targets, 0))
    tensors = example_scores(load(), [""] * len(targets), torch.from_numpy(logits), labels)
    columns = {name: tensors[name].numpy().astype(np.float32) for name in SCORES}
    for name in WITH_LABEL:
        columns[name] = np.where(is_labelled, columns[name], np.float32(np.nan))
    return columns | {"predicted": tensors["predicted"].numpy()}
