"""How good the labels are, as far as people have looked: arrays and tables in, tables out."""

import importlib.util

import numpy as np
import pandas as pd

from hem_core.difficulty.wilson import wilson

RIGHT = ("hard", "easy", "ambiguous", "duplicate")
"""Verdicts that leave the given label standing; 'mislabelled' says it is wrong, the others say neither."""
EDGES = (0, 50, 80, 90, 95, 98, 100)
"""Strata of label suspicion, percentiles: fine where wrong labels are to be expected."""


def answers(ids: pd.Index, verdicts: pd.DataFrame) -> np.ndarray:
    """What people found: (N,) 1 the label is wrong, 0 it is right, NaN nobody has said.

    verdicts: one row a judged example, id -> tag; outliers and skipped ones say neither.
    """
    found = np.full(len(ids), np.nan)
    for value, tags in ((1.0, ("mislabelled",)), (0.0, RIGHT)):
        rows = ids.get_indexer(verdicts.loc[verdicts["tag"].isin(tags), :].index)
        found[rows[rows >= 0]] = value
    return found


def whole(suspicion: np.ndarray, answered: np.ndarray) -> dict[str, float] | None:
    """The share of wrong labels in the whole set: share, low, high (0 .. 1); None while nobody has said anything."""
    if np.isnan(answered).all() or importlib.util.find_spec("hem_core.difficulty.label_errors") is None:
        return None
    from hem_core.difficulty.label_errors import estimate

    found = estimate(suspicion, answered)
    return {name: float(getattr(found, name)) for name in ("share", "low", "high")}


def strata(suspicion: np.ndarray, answered: np.ndarray, edges: tuple[float, ...] = EDGES) -> pd.DataFrame:
    """How many labels turned out wrong at each level of suspicion, the most suspected first.

    suspicion (N,) percentiles 0 .. 100; answered (N,) from `answers`.
    Returns min, max (of suspicion), n, reviewed, wrong, share (NaN without reviews), low, high (95% Wilson), and
    doubt: how many examples the width of that interval is worth, which the next review should lessen.
    """
    place = np.clip(np.searchsorted(edges, suspicion, side="right") - 1, 0, len(edges) - 2)
    is_known = ~np.isnan(suspicion)
    is_answered = is_known & ~np.isnan(answered)
    n, reviewed, wrong = (
        np.bincount(place[mask], minlength=len(edges) - 1)
        for mask in (is_known, is_answered, is_answered & (answered == 1))
    )
    low, high = wilson(wrong, reviewed)
    table = pd.DataFrame({"min": edges[:-1], "max": edges[1:], "n": n, "reviewed": reviewed, "wrong": wrong})
    table["share"] = table["wrong"] / table["reviewed"].where(table["reviewed"] > 0)
    table["low"], table["high"] = low, high
    table["doubt"] = np.where(reviewed < n, n * (high - low), 0.0)
    return table[table["n"] > 0].iloc[::-1].reset_index(drop=True)


def pairs(table: pd.DataFrame, answered: np.ndarray) -> pd.DataFrame:
    """Which labels are suspected to be which: label, suggested_label, n, reviewed, wrong; most frequent first.

    table: the suspects, with `label` and `suggested_label`; answered (N,) for the same rows.
    """
    known = table.assign(reviewed=~np.isnan(answered), wrong=answered == 1)
    known = known.loc[known["suggested_label"].notna() & (known["suggested_label"] != known["label"]), :]
    grouped = known.groupby(["label", "suggested_label"], observed=True)
    found = grouped.agg(n=("reviewed", "size"), reviewed=("reviewed", "sum"), wrong=("wrong", "sum")).reset_index()
    return found.sort_values(["n", "label", "suggested_label"], ascending=[False, True, True]).reset_index(drop=True)
