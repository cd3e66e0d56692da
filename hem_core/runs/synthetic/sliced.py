"""The weak slices of a synthetic run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hem_core.runs.synthetic.account import Counted
from hem_core.runs.synthetic.rows import CAMERAS, LIGHTS
from hem_core.slices.find import Slices, find
from hem_core.stats.hypergeometric import chance_of_so_many
from hem_core.stats.wilson import wilson
from hem_core.store.level import Level

SEARCHED = 500_000
"""Slices are searched among so many examples, the first ones, since the search holds a mask of each candidate."""


def slices_of(level: Level, counted: Counted) -> Slices:
    """Slices by the label and the columns of the catalog, searched among the first examples and counted over all.

    level: the examples, whose tables are there.
    """
    described = {
        "label": pd.Categorical.from_codes(counted.given, list(counted.classes)),
        "camera": pd.Categorical.from_codes(counted.camera, list(CAMERAS)),
        "light": pd.Categorical.from_codes(counted.light, list(LIGHTS)),
        "brightness": counted.brightness,
    }
    table = pd.DataFrame({name: values[:SEARCHED] for name, values in described.items()})
    found = find(None, table, counted.error[:SEARCHED].astype(np.float64))
    return found if len(counted.error) <= SEARCHED else _recounted(found, level, counted.error)


def _recounted(found: Slices, level: Level, error: np.ndarray) -> Slices:
    """The same slices with their counts over all rows; adjusted for all that were tested, by Bonferroni."""
    rows = [level.rows(rule) for rule in found.table["rule"]]
    n, hits = (np.array(each, np.int64) for each in ([len(of) for of in rows], [int(error[of].sum()) for of in rows]))
    n_all, n_wrong = len(error), int(error.sum(dtype=np.int64))
    low, high = wilson(hits, n)
    p = chance_of_so_many(hits, n, n_wrong, n_all)
    table = found.table.assign(
        n=n,
        n_errors=hits,
        error_rate=hits / n,
        low=low,
        high=high,
        rest_rate=(n_wrong - hits) / (n_all - n),
        ratio=hits / n / (n_wrong / n_all),
        p=p,
        p_adjusted=np.minimum(1, p * found.n_tested),
        rows=pd.Series(rows, dtype=object),
    )
    return replace(found, table=table)
