"""The four questions behind thirty scores, and where one example stands in each."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from hem_core.stats.percentile import percentile, percentile_within

AXES: Mapping[str, Sequence[str]] = {
    "label conflict": ("aum_windowed", "margin_oos", "margin", "loss"),
    "input uncertainty": ("entropy_oos", "entropy", "top2_gap", "least_confidence"),
    "typicality": ("prototype_distance", "knn_distance"),
    "learning dynamics": ("confidence_mean", "learned_epoch", "forgetting"),
}
"""Each axis and the scores that answer it, the best first; a run has `_oos` columns where its own are no better."""


def axes(columns: Collection[str]) -> dict[str, str | None]:
    """The score that stands for each axis among those that a run has; None where it has none."""
    return {axis: next((name for name in names if name in columns), None) for axis, names in AXES.items()}


def percentiles(values: pd.Series, groups: pd.Series | None = None) -> np.ndarray:
    """Where each value stands among all, or among those of its group: (N,) in 0 .. 100, higher = harder.

    100 · (rank − ½) / N with ties sharing their mean rank; NaN where the value or the group is missing.
    """
    known = values.to_numpy(float, na_value=np.nan)
    if groups is None:
        return percentile(known)
    return percentile_within(known, pd.factorize(groups)[0])
