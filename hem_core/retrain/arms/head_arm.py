"""The last layer alone, refitted on kept features: minutes on a CPU, however long the training took."""

from __future__ import annotations

import warnings

import numpy as np


def head_logits(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, asked: np.ndarray, n_classes: int
) -> np.ndarray:
    """Log-probabilities (T, K) float32 of features `asked` (T, D), by a linear classifier of features (N, D).

    targets (N,) int64, -1 = not used; weights (N,) of the losses. Columns are standardised on the rows that are used;
    the penalty is mean loss + |w|² / 2K, as in `hem_core.folds.linear_head`. A class that no row has gets 1 / (n + 2).
    Reference: Kirichenko et al. 2022, last layer retraining, arXiv:2204.02937; here on all rows with people's labels.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    rows = np.flatnonzero(targets >= 0)
    x = features[rows].astype(np.float32)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread < 1e-6] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 steps are near enough
        head = LogisticRegression(C=n_classes / len(rows), max_iter=300)
        head.fit((x - mean) / spread, targets[rows], sample_weight=weights[rows] / weights[rows].mean())
    said = np.full((len(asked), n_classes), -np.log(len(rows) + 2), dtype=np.float32)
    said[:, head.classes_] = head.predict_log_proba((asked.astype(np.float32) - mean) / spread)
    return said
