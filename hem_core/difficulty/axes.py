"""The four axes of the scores, and the rank of an example on each."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from hem_core.stats.percentile import percentile, percentile_within

AXES: Mapping[str, Sequence[str]] = {
    "label conflict": ("aum_windowed", "margin_oos", "margin", "loss"),
    "input uncertainty": ("entropy_oos", "entropy", "top2_gap", "least_confidence"),
    "typicality": ("prototype_distance", "knn_distance"),
    "learning dynamics": ("confidence_mean_windowed", "confidence_mean", "learned_epoch", "forgetting"),
}
"""Each axis and its scores, the best first; a run has `_oos` columns where they are better than its own."""


def axes(columns: Collection[str]) -> dict[str, str | None]:
    """The score that represents each axis among those that a run has; None where it has none."""
    return {axis: next((name for name in names if name in columns), None) for axis, names in AXES.items()}


def percentiles(values: pd.Series, groups: pd.Series | None = None) -> np.ndarray:
    """The percentile of each value among all, or among those of its group: (N,) in 0 .. 100, higher = harder.

    100 · (rank − ½) / N with ties sharing their mean rank; NaN where the value or the group is missing.
    """
    numbers = values.to_numpy(float, na_value=np.nan)
    if groups is None:
        return percentile(numbers)
    return percentile_within(numbers, pd.factorize(groups)[0])
