"""The two models of the table, and what is recorded of their trainings."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks._nets import fit, mlp, outputs
from hem_core.dynamics import boosting

ROUNDS, EPOCHS, WIDTH = 50, 20, 128
FLOOR = -30.0
"""Log-probability of a class that trees have not seen."""


def predicted(model: str, inputs: np.ndarray, labels: np.ndarray, others: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Logits (M, K) of M other rows by a model trained on inputs (N, F) and labels (N,)."""
    if model == "net":
        net = fit(lambda: mlp(inputs.shape[1], k, WIDTH), inputs, labels, seed, epochs=EPOCHS)
        return outputs(net, others)[0]
    trees = _trees(inputs, labels, seed)
    return _in_columns(np.log(np.maximum(trees.predict_proba(others), 1e-12)), trees.classes_, k)


def recorded(model: str, inputs: np.ndarray, labels: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Logits (N, E, K) of the rows trained on: as each batch saw them in each epoch, or after each round of trees."""
    if model == "net":
        record = np.zeros((len(labels), EPOCHS, k), np.float32)

        def log(epoch: int, rows: np.ndarray, logits: torch.Tensor, _targets: torch.Tensor) -> None:
            record[rows, epoch] = logits.numpy()

        fit(lambda: mlp(inputs.shape[1], k, WIDTH), inputs, labels, seed, epochs=EPOCHS, log=log)
        return record
    trees = _trees(inputs, labels, seed)
    rounds = [_in_columns(logits, trees.classes_, k) for _number, logits in boosting.rounds(trees, inputs)]
    return np.stack(rounds, axis=1)  # (N, E, K)


def _trees(inputs: np.ndarray, labels: np.ndarray, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=ROUNDS, early_stopping=False, random_state=seed).fit(inputs, labels)


def _in_columns(logits: np.ndarray, classes: np.ndarray, k: int) -> np.ndarray:
    """(N, C) of the classes that were seen -> (N, K) float32."""
    wide = np.full((len(logits), k), FLOOR, np.float32)
    wide[:, classes] = logits
    return wide
