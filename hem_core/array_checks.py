"""Checks of labels and predictions that come as arrays: each says what was expected, what came, and what to do."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np

from hem_core.errors import DataError


def check_lengths(labels: Sized, predictions: Sized, of_predictions: str) -> None:
    """Raise DataError unless there are as many labels as predictions. of_predictions: their name, "pred_probs"."""
    if len(labels) != len(predictions):
        raise DataError(
            f"{len(labels):,} labels and {len(predictions):,} rows of {of_predictions}: pass one of each per example, "
            "in the same order"
        )


def numbers(values: Any, name: str, *, n_axes: int, shape: str) -> np.ndarray:
    """The values as float64 with so many axes. Raises DataError for texts, another shape, and a NaN or infinity.

    name, shape: in words, for the message: "pred_probs", "(N, K)".
    """
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers of the shape {shape}: {error}") from error
    if found.ndim != n_axes:
        raise DataError(f"{name} must have the shape {shape}; they have {found.shape}")
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        row = int(bad[0][0])
        n = len(np.unique(bad[:, 0]))
        raise DataError(f"{name} must be finite: {n:,} rows hold a NaN or an infinity, row {row} first; leave them out")
    return found


def probabilities(values: Any, *, sums_to_one: bool) -> np.ndarray:
    """pred_probs (N, K) float64 in 0 .. 1. Raises DataError as `numbers`, for logits, and for rows of another sum."""
    if np.ndim(values) == 1 and len(values) and np.ndim(values[0]) == 0:
        raise DataError(
            f"pred_probs must have the shape (N, K), a column a class; they have {np.shape(values)}. For two classes "
            "pass np.column_stack([1 - p, p]); for numbers, task='regression'"
        )
    found = numbers(values, "pred_probs", n_axes=2, shape="(N, K)")
    outside = np.flatnonzero(((found < 0) | (found > 1)).any(axis=1))
    if len(outside):
        way = "softmax" if sums_to_one else "sigmoid"
        raise DataError(f"pred_probs must be in 0 .. 1; row {outside[0]} is not. Logits need a {way} first")
    off = np.flatnonzero(np.abs(found.sum(axis=1) - 1) > SUM_TOLERANCE) if sums_to_one else np.array([], int)
    if len(off):
        raise DataError(
            f"a row of pred_probs must sum to 1; row {off[0]} sums to {found[off[0]].sum():.3f}. Divide each row by "
            "its sum, or pass task='multilabel' where an example may have several tags"
        )
    return found


SUM_TOLERANCE = 0.05
"""How far the sum of a row of probabilities may be from 1: those of half precision over 1,000 classes are."""
