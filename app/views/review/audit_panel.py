"""The audit above the desk of Review: when it stops, and the bins that it samples."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import loaders, state, words
from hem_core.errors import HemError
from hem_core.labels.audit import Bin, Share, forecast, shares
from hem_core.labels.audit_sample import Audit
from hem_core.store.audit_settings import CONFIDENCES, StopRule, set_stop_rule
from hem_core.store.level import Level

HELP = (
    "The audit draws rows at random from each bin of difficulty, and you name the label without seeing the given one. "
    "After ten in each bin, the next row comes from where it narrows the total most. The share of wrong labels is "
    "weighted by bin size. Verdicts given outside the audit count only for their own rows. Several people can work on "
    "it, and leave and resume at any time."
)
NEXT_HELP = "About how many further reviews narrow this bin's interval to the next round figure."
LARGE = 10.0
"""Bins that end above this have no more than one digit after the point."""
BINS_HELP = "Wilson's interval; for a sample of most of a bin it is as narrow as that allows."


def panel(level: Level) -> None:
    """The stop rule, and the table of the bins; how far the audit is stands in the head of the desk."""
    stop = loaders.audit_stop(level)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Stop at ±", width="content", help=HELP)
        st.number_input(
            "Points of a percentage",
            min_value=0.1,
            max_value=25.0,
            step=0.5,
            format="%g",
            key=state.put("audit_points", round(100 * stop.half, 3)),
            on_change=state.take("audit_points", lambda points: _set(level, StopRule(points / 100, stop.confidence))),
            label_visibility="collapsed",
            width=110,
        )
        st.markdown("points, at", width="content")
        st.selectbox(
            "Confidence",
            sorted({*CONFIDENCES, stop.confidence}),
            format_func=lambda share: words.percent(share, 0),
            key=state.put("audit_confidence", stop.confidence),
            on_change=state.take("audit_confidence", lambda confidence: _set(level, StopRule(stop.half, confidence))),
            label_visibility="collapsed",
            width=90,
        )
        _bins_button(level.run, level.name)


def _set(level: Level, rule: StopRule) -> None:
    try:
        set_stop_rule(loaders.folder(), level.data, level.name, rule)
    except HemError as error:
        st.toast(words.plain(error), icon=":material/error:")


@st.fragment(run_every="15s")
def _bins_button(run: str, name: str) -> None:
    """The table is made when it is opened, and then again: it would lag behind the head of the desk."""
    bins = st.popover("Bins", icon=":material/table_rows:", type="tertiary", key="audit_bins", on_change="rerun")
    if bins.open:
        level = loaders.level(run, name)
        with bins:
            _bins(level, loaders.audit(level))


def _bins(level: Level, found: Audit) -> None:
    by = found.frame.by.replace("_", " ") or words.noun(level.name)
    rows = zip(found.bins, shares(found.bins, found.confidence), strict=True)
    shown = pd.DataFrame([_line(by, one, share, found.confidence) for one, share in rows][::-1])
    st.dataframe(
        shown,
        hide_index=True,
        height="content",
        width=820,
        column_config={
            "interval": st.column_config.TextColumn(f"{words.percent(found.confidence, 0)} interval", help=BINS_HELP),
            "rows": st.column_config.NumberColumn(words.noun(level.name), format="localized"),
            "next": st.column_config.TextColumn("narrower with", help=NEXT_HELP, width="medium"),
            "otherwise": st.column_config.NumberColumn("judged otherwise", format="localized"),
        },
    )
    skipped = f" {words.count(found.n_open, 'more')} without an answer, such as skips." if found.n_open else ""
    st.caption(words.plain(f"Hardest first. {words.count(found.n_drawn, 'review')} by the audit.{skipped}"))


def _line(by: str, one: Bin, share: Share, confidence: float) -> dict[str, object]:
    ahead = forecast(one, confidence)
    return {
        by: "not known" if one.low != one.low else f"{_edge(one.low, one.high)} to {_edge(one.high, one.high)}",
        "rows": one.n,
        "audited": one.drawn,
        "wrong": one.wrong,
        "otherwise": one.known,
        "wrong labels": words.percent(share.share),
        "interval": f"{words.percent(share.low)} to {words.percent(share.high)}",
        "next": f"{ahead[0]:,} more: ± {words.points(ahead[1])}" if ahead else "–",
    }


def _edge(value: float, highest: float) -> str:
    """A percentile with one digit after the point, a smaller number with three in all."""
    return f"{round(value, 1):g}" if highest > LARGE else f"{value:.3g}"
