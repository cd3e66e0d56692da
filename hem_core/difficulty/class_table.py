"""How the classes fare: how much of the data each is, and how much of the difficulty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hem_core.difficulty.wilson import wilson


def class_table(table: Mapping[str, Any], errors: np.ndarray | None = None, *, hardest: float = 0.1) -> pd.DataFrame:
    """One row a class, the rarest first: is it hard because it is rare?

    table: columns (N,) named as in scores.parquet, a dict or a data frame: `label`; read where present `error_prob`
    and `difficulty`. errors (N,) 1 wrong, 0 right, NaN not known. hardest: the share of the data that is called so.
    Returns `label`, `n`, `share` (of the labelled); with errors `error_rate`, `low`, `high` (95%, Wilson; NaN, 0, 1
    where none is known); with a probability `mean_error_prob`; with a difficulty `share_of_hardest` (which part of
    the hardest is of this class) and `hardest_in_class` (which part of this class is among the hardest).
    """
    labels = pd.Series(np.asarray(table["label"], object))
    codes, names = pd.factorize(labels)
    inside = codes >= 0

    def total(values: np.ndarray) -> np.ndarray:
        known = inside & ~np.isnan(values)
        return np.bincount(codes[known], weights=values[known], minlength=len(names))

    n = total(np.ones(len(codes)))
    made = pd.DataFrame({"label": names, "n": n.astype(np.int64), "share": n / max(1, n.sum())})
    if errors is not None:
        wrong = np.asarray(errors, np.float64)
        asked, hits = total(np.where(np.isnan(wrong), np.nan, 1.0)), total(wrong)
        low, high = wilson(hits, asked)
        made = made.assign(error_rate=_share(hits, asked), low=low, high=high)
    if "error_prob" in table:
        prob = np.asarray(table["error_prob"], np.float64)
        made["mean_error_prob"] = _share(total(prob), total(np.where(np.isnan(prob), np.nan, 1.0)))
    if "difficulty" in table:
        place = np.asarray(table["difficulty"], np.float64)
        count = total(np.where(np.isnan(place), np.nan, place > 100 * (1 - hardest)))
        made["share_of_hardest"] = count / max(1, count.sum())
        made["hardest_in_class"] = _share(count, n)
    return made.sort_values(["n", "label"], ignore_index=True)


def _share(hits: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.where(n > 0, hits / np.maximum(n, 1), np.nan)
