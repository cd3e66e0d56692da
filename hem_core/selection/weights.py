"""The training weight of each example of a set."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hem_core.selection.verdicts_applied import is_corrected
from hem_core.thresholds import SUSPECT

LOSSES = ("loss_oos", "loss")
"""Columns that the weight is made of, the first there is: best the loss of a model that had not seen the example."""


def weights(chosen: pd.DataFrame) -> np.ndarray:
    """(loss / median loss of the chosen)^½, clipped to 1 .. 4, for each row of a set.

    chosen: `loss_oos` or `loss` (0 or more), and where known `reason`, `verdict`, `label` and `label_before`.
    A suspected label error without a verdict has weight 1, and so does one whose label was corrected (its loss
    is that of the old label) or whose loss is missing; without losses all count 1.
    Returns (n,) float64.
    """
    made = np.ones(len(chosen))
    name = next((name for name in LOSSES if name in chosen), None)
    if name is None or not len(chosen):
        return made
    loss = chosen[name].to_numpy(dtype=np.float64, na_value=np.nan)
    median = np.nanmedian(loss) if np.isfinite(loss).any() else 0.0
    counts = np.isfinite(loss) & ~is_suspect(chosen)
    if "label_before" in chosen:
        counts &= ~is_corrected(chosen).to_numpy()
    if median > 0:
        made[counts] = np.clip(np.sqrt(loss[counts] / median), 1, 4)
    return made


def is_suspect(table: pd.DataFrame) -> np.ndarray:
    """(N,) bool: a suspected label error (`reason`) without a verdict (`verdict`)."""
    if "reason" not in table:
        return np.zeros(len(table), dtype=bool)
    is_judged = (table["verdict"] != "").to_numpy() if "verdict" in table else np.zeros(len(table), dtype=bool)
    return table["reason"].isin(SUSPECT).to_numpy() & ~is_judged
