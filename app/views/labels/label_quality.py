"""The quality of the labels as far as people have reviewed them: arrays and tables in, tables out."""

import numpy as np
import pandas as pd

from hem_core.labels.label_errors import LabelErrors

EDGES = (0, 50, 80, 90, 95, 98, 100)
"""Levels of label suspicion before anybody has reviewed, percentiles: fine where wrong labels are expected."""


def strata(suspicion: np.ndarray, found: LabelErrors) -> pd.DataFrame:
    """The levels of suspicion that an estimate was made from, the most suspected first; before any review, EDGES.

    Returns min, max (of suspicion; NaN: not known), n, reviewed, wrong, low, high (0 .. 1, the 95% interval of the
    share of wrong labels), and doubt: how many examples the width of that interval is worth.
    """
    levels = [
        (one.low_suspicion, one.high_suspicion, one.n, one.n_reviewed, one.n_wrong, one.low, one.high)
        for one in found.strata
    ] or _blank(suspicion)
    table = pd.DataFrame(levels, columns=["min", "max", "n", "reviewed", "wrong", "low", "high"])
    is_open = (table["reviewed"] < table["n"]) & table["min"].notna()
    table["doubt"] = (table["n"] * (table["high"] - table["low"])).where(is_open, 0.0)
    return table


def _blank(suspicion: np.ndarray) -> list[tuple[float, ...]]:
    n, _ = np.histogram(suspicion[~np.isnan(suspicion)], EDGES)
    levels = zip(EDGES[:-1], EDGES[1:], n.tolist(), strict=True)
    return [(float(low), float(high), size, 0, 0, 0.0, 1.0) for low, high, size in levels if size][::-1]


def pairs(table: pd.DataFrame, answered: np.ndarray) -> pd.DataFrame:
    """Which labels are suspected to be which: label, suggested_label, n, reviewed, wrong; most frequent first.

    table: the suspects, with `label` and `suggested_label`; answered (N,) for the same rows.
    """
    known = table.assign(reviewed=~np.isnan(answered), wrong=answered == 1)
    known = known.loc[known["suggested_label"].notna() & (known["suggested_label"] != known["label"]), :]
    grouped = known.groupby(["label", "suggested_label"], observed=True)
    found = grouped.agg(n=("reviewed", "size"), reviewed=("reviewed", "sum"), wrong=("wrong", "sum")).reset_index()
    return found.sort_values(["n", "label", "suggested_label"], ascending=[False, True, True]).reset_index(drop=True)
