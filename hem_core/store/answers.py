"""The given labels as judged by people's verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hem_core.store.verdicts import RIGHT, WRONG

if TYPE_CHECKING:
    import pandas as pd


def answers(ids: pd.Index, verdicts: pd.DataFrame) -> np.ndarray:
    """(N,) 1 = somebody found the label wrong, 0 = right, NaN = no verdict.

    ids: N examples; verdicts: one row a judged example, with its id as the index and the verdict as `tag`.
    """
    labels = np.full(len(ids), np.nan)
    for value, tags in ((1.0, WRONG), (0.0, RIGHT)):
        rows = ids.get_indexer(verdicts.loc[verdicts["tag"].isin(tags), :].index)
        labels[rows[rows >= 0]] = value
    return labels
