"""Where each residual stands among those around it: errors and headlines of regression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hem_core.stats.percentile import percentile
from hem_core.tasks._residuals import GAUSSIAN, SHRINK, by_prediction, scales, squashed

BETWEEN = (0.1, 0.9)
"""The quantiles of the neighbours' given values that the evidence quotes."""


def standing(
    columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None, spread: float
) -> tuple[dict[str, np.ndarray], dict[str, str], float]:
    """What is known of N residuals once all are: columns (N,), how the headlines were made, the usual |residual|.

    columns: `given_value`, `predicted_value`, `residual`. neighbours (N, k): places of the nearest others, or None.
    Returned columns: `residual_scale`, `residual_ratio` (|residual| over it), `residual_bias` (median residual around
    it), `error`, `label_conflict`, `difficulty` and `label_suspicion` (percentiles of the ratio and of the conflict)
    and, with neighbours, `neighbours_low`, `neighbours_median` and `neighbours_high` of their given values.
    `label_conflict` is the geometric mean of two distances of the given value: to the prediction, over the local
    residual scale, and to the median of what the neighbours were given, over their usual scatter. Either alone is
    fooled: a model that learned the wrong labels agrees with them, and neighbours differ where the target is steep.
    """
    given, residual = (np.asarray(columns[name], np.float64) for name in ("given_value", "residual"))
    predicted = np.asarray(columns["predicted_value"], np.float64)
    usual = scales(residual, predicted, neighbours, spread)
    ratio = np.abs(residual) / usual.local
    around = neighbours if neighbours is not None and neighbours.size else by_prediction(predicted)
    low, median, high, scatter = _around(given, around)
    conflict = np.sqrt(ratio * np.abs(given - median) / np.maximum(scatter, usual.whole))
    found = {
        "residual_scale": usual.local,
        "residual_ratio": ratio,
        "residual_bias": usual.bias,
        "error": squashed(ratio),
        "label_conflict": conflict,
        "difficulty": percentile(ratio),
        "label_suspicion": percentile(conflict),
    }
    if neighbours is not None and neighbours.size:
        found |= {"neighbours_low": low, "neighbours_median": median, "neighbours_high": high}
    who = "its neighbours in the embedding" if neighbours is not None else "the examples with the nearest predictions"
    how = {
        "difficulty": f"percentile of |residual| over the usual |residual| among {who}",
        "label_suspicion": f"percentile of how far the given value is from the prediction and from {who}",
    }
    return {name: values.astype(np.float32) for name, values in found.items()}, how, usual.whole


def _around(given: np.ndarray, around: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of the others around each: low, median and high of their given values, and their scatter, each (N,)."""
    if not around.size:
        return given, given, given, np.zeros(len(given))
    values = np.where(around >= 0, given[around], np.nan)  # (N, k)
    values = np.where(np.isnan(values).all(axis=1, keepdims=True), given[:, None], values)
    low, median, high = np.nanquantile(values, [BETWEEN[0], 0.5, BETWEEN[1]], axis=1)
    k = (~np.isnan(values)).sum(axis=1)
    own = GAUSSIAN * np.nanmedian(np.abs(values - median[:, None]), axis=1)
    return low, median, high, (k * own + SHRINK * np.median(own)) / (k + SHRINK)
