"""Rule out reasons that contradict an example's own evidence."""

from __future__ import annotations

import numpy as np

from hem_core.reasons.neighbourhood import count_labelled, majority
from hem_core.reasons.rules import REASONS

SURE = 0.6
"""A prediction of another class with a lower probability does not outweigh neighbours that support the label."""
UNANIMOUS = 0.8
CLOSE_CALL = 0.3
"""The largest margin by which the label of a subtle example loses, where there are no neighbours."""


def ruled_out(
    probs: np.ndarray,
    *,
    targets: np.ndarray,
    predicted: np.ndarray,
    sure: np.ndarray,
    neighbour_labels: np.ndarray | None,
    label_sure: np.ndarray | None = None,
) -> np.ndarray:
    """The probabilities (N, 6) of REASONS without those that cannot be; each row still sums to 1.

    targets, predicted (N,) class numbers; sure (N,) probability of the predicted class, of a model that had not seen
    the example where there is one; neighbour_labels (N, k); label_sure (N,) its probability of the label.
    mislabelled  needs another class: one that the model predicts, with `SURE` and more where most neighbours back the
                 label, or else that `UNANIMOUS` of the neighbours have
    easy         is nothing that such a model gets wrong
    subtle       without neighbours, is nothing whose label loses by `CLOSE_CALL` or more
    """
    is_wrong = predicted != targets
    most = targets if neighbour_labels is None else majority(neighbour_labels)
    is_outvoted = (most != targets) & (most >= 0)
    by_many = is_outvoted
    if neighbour_labels is not None:
        by_many = is_outvoted & (count_labelled(neighbour_labels, most) >= UNANIMOUS * neighbour_labels.shape[1])
    another = np.where(is_wrong, (sure >= SURE) | is_outvoted, by_many)
    kept = probs.copy()
    kept[~another, REASONS.index("mislabelled")] = 0
    kept[is_wrong, REASONS.index("easy")] = 0
    if label_sure is not None and neighbour_labels is None:
        is_lost = is_wrong & (sure - label_sure >= CLOSE_CALL)
        kept[is_lost, REASONS.index("subtle")] = 0
    total = kept.sum(axis=1, keepdims=True)
    return np.where(total > 1e-6, kept / np.maximum(total, 1e-6), probs).astype(probs.dtype)
