"""What is measured of an order and of a decision; wrong labels are positive."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

MEASURES = {
    "auprc": "AUPRC",
    "auroc": "AUROC",
    "precision_at_errors": "precision at the number of errors",
    "recall_at_10": "recall at 10% looked at",
    "f1": "F1 of its decision",
}
LOOKED_AT = 0.1


def measures(wrong: np.ndarray, suspicion: np.ndarray, flagged: np.ndarray | None, seed: int) -> dict[str, float]:
    """Name of MEASURES -> 0 .. 1; f1 is NaN for a method that only ranks.

    wrong (N,) bool; suspicion (N,), higher = more suspect, equal values are put in a random order; flagged (N,) bool.
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(wrong)), -suspicion))
    n_wrong, looked_at = int(wrong.sum()), round(LOOKED_AT * len(wrong))
    return {
        "auprc": float(average_precision_score(wrong, suspicion)),
        "auroc": float(roc_auc_score(wrong, suspicion)),
        "precision_at_errors": float(wrong[order[:n_wrong]].mean()),
        "recall_at_10": float(wrong[order[:looked_at]].sum() / n_wrong),
        "f1": float("nan") if flagged is None else float(f1_score(wrong, flagged, zero_division=0)),
    }
