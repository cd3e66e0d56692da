"""Measures of all examples together, such as average precision, of two runs: numbers, verdict and classes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import words
from hem_core.stats.paired import NO_INTERVAL, Difference, Paired
from hem_core.store.run import Run

PAIRED = (
    "Both runs are measured on the same examples, drawn again {n} times with replacement; the interval is the middle "
    "95% of the differences. Where it holds 0, the difference may be chance."
)


def whole(found: Paired) -> list[Difference]:
    """The differences of all classes together, the headline first."""
    return [each for each in found.differences() if each.measure.label is None]


def by_class(found: Paired) -> pd.DataFrame:
    """One row a class: label, given, and for its first measure before, after, difference, low and high; the largest
    loss first. Shares are in %."""
    rows, seen = [], set()
    for each in found.differences():
        if each.measure.label is not None and each.measure.label not in seen:
            seen.add(each.measure.label)
            values = (each.before, each.after, each.difference, each.low, each.high)
            shares = [100 * value if value is not None else float("nan") for value in values]
            rows.append((each.measure.label, each.measure.n, *shares))
    table = pd.DataFrame(rows, columns=["label", "given", "before", "after", "difference", "low", "high"])
    return table.sort_values(["difference", "given"], ascending=[True, False], kind="stable").reset_index(drop=True)


def points(value: float) -> str:
    """A difference of shares: `+1.2`."""
    return f"{100 * value:+z.1f}".replace("-", "−")


def interval(each: Difference) -> str:
    """`+1.2 points, −0.3 to +2.6`."""
    return f"{points(each.difference)} points, {_ends(each)}"


def _ends(each: Difference) -> str:
    if each.low is None or each.high is None:
        return NO_INTERVAL
    return f"{points(each.low)} to {points(each.high)}"


def verdict(each: Difference, n: int) -> str:
    """The headline's difference in a sentence."""
    if each.low is None:
        return f"{each.measure.name} {interval(each)}."
    better = "after is better" if each.is_better else "after is worse" if each.is_worse else "no clear difference"
    return f"{each.measure.name} {interval(each)} (95%, {words.count(n, 'example')} resampled in pairs): {better}."


def numbers(before: Run, after: Run, found: Paired) -> None:
    """The headline of both runs, the verdict, and the other measures."""
    rows = whole(found)
    if not rows:
        st.caption("Nothing is given in these examples, so nothing can be measured.")
        return
    head = rows[0]
    colour = "normal" if head.is_better or head.is_worse else "off"
    cells = st.columns(2)
    cells[0].metric(
        f"{head.measure.name} before, {words.plain(before.name)}",
        words.percent(head.before),
        delta=f"of {words.count(found.n, 'example')}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )
    cells[1].metric(
        f"{head.measure.name} after, {words.plain(after.name)}",
        words.percent(head.after),
        delta=f"{interval(head)}",
        delta_color=colour,
        delta_arrow="off" if colour == "off" else "auto",
        border=True,
        height="stretch",
    )
    st.caption(words.plain(verdict(head, found.n)), help=PAIRED.format(n=len(found.draws)))
    st.dataframe(_table(rows), hide_index=True, key="compare_measures")


def _table(rows: Sequence[Difference]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "measure": [each.measure.name for each in rows],
            "before": [words.percent(each.before) for each in rows],
            "after": [words.percent(each.after) for each in rows],
            "difference, points": [points(each.difference) for each in rows],
            "95% interval": [_ends(each) for each in rows],
            "": ["better" if each.is_better else "worse" if each.is_worse else "" for each in rows],
        }
    )
