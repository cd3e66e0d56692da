"""Slices: groups of examples that the model gets wrong more often than the rest, and the results for each class."""

import numpy as np
import pandas as pd
import streamlit as st

from app import bars, loaders, scope, state, widgets, words
from app.views.overview.glance import Overview
from app.views.slices.weak_slices import MEASURE, WeakSlices
from hem_core.stats.wilson import wilson
from hem_core.store import definitions, numbers
from hem_core.store.level import Level

TITLE = "Slices"
PLACE = 30

FIGURE_ROWS = 12
NOT_SEARCHED = (
    "This run has no slices: it was scored before HEM searched for them, and is too large to search while "
    "you wait. Run the same `hem score` command into a new folder."
)
TYPICAL = "Up to three members nearest the middle of the slice in the embedding. A double click enlarges them."
WIDTH_PX = 140
LONG_NAME, NAME_PX = 45, 300
"""Letters of a name from which on its column keeps to a width, so that the numbers beside it stay in sight."""
GOOD_NEWS = (
    "No group of {} is wrong significantly more often than the rest: no cluster, class or column stands out, "
    "corrected for the number of groups tested."
)


def page() -> None:
    """The weak slices, then the classes, rarest first."""
    level = scope.level()
    _slices(level, loaders.slices(level))
    if "classes" in loaders.figures(level):
        _classes(level)


def _slices(level: Level, weak: WeakSlices | None) -> None:
    facts = loaders.overview(level)
    whole = facts.error_rate or 0.0
    if weak and weak.whole is not None and (weak.measure != MEASURE or weak.n_labelled):
        whole = weak.whole
    labelled = weak.n_labelled if weak else None
    of_what = f"error rate of the {words.counted(labelled, level.name)} with a label" if labelled else ""
    _title(whole, labelled or facts.judged, of_what or "overall error rate")
    if weak is None:
        st.info(NOT_SEARCHED, icon=":material/info:")
    elif not facts.errors:
        every = words.counted(facts.judged, level.name)
        st.success(f"No errors: every prediction of the {every} is right.", icon=":material/check_circle:")
    elif weak.table.empty:
        st.success(GOOD_NEWS.format(words.plain(words.noun(level.name))), icon=":material/check_circle:")
    else:
        _weak_slices(level, weak, facts, whole)


def _title(whole: float, n_judged: int, of_what: str) -> None:
    """The overall error rate, 0 .. 1, that slices are compared with, and its interval."""
    (low,), (high,) = wilson([round(whole * n_judged)], [n_judged])
    st.markdown(
        f"**Weak slices** · {of_what} {words.percent(whole)} ({words.percent(low)} to {words.percent(high)})",
        help="Clusters of the embedding, classes, and values of the data's own columns, alone and in pairs, whose "
        "error rate is above the overall one. p is corrected for the number of slices tested. Tick one to explore.",
    )


def _weak_slices(level: Level, weak: WeakSlices, facts: Overview, whole: float) -> None:
    """The slices as a table and as a figure; one that is picked in either is explored."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picked = _table(level, weak.table)
    with right:
        pointed = _figure(level, weak, facts, whole)
    picked = pointed if picked is None else picked
    if picked is not None:
        state.remember("slice_turn", _turn() + 1)
        state.show_matches(weak.table["rule"].iloc[picked])


def _figure(level: Level, weak: WeakSlices, facts: Overview, whole: float) -> int | None:
    """The first slices with their intervals; returns the place of the one that was clicked."""
    chart = bars.intervals(weak.table.head(FIGURE_ROWS), whole)
    first = f", the first {FIGURE_ROWS}" if len(weak.table) > FIGURE_ROWS else ""
    if facts.in_sample_errors is not None:
        inside = words.count(facts.in_sample_errors, "error")
        st.caption(words.plain(f"Errors of {definitions.OUT_OF_SAMPLE_HEAD}; in-sample the model itself has {inside}."))
    st.caption(
        f"Error rate ({words.plain(weak.measure)}) with its interval{first}; the dashed line is the overall rate."
    )
    points = widgets.figure(chart, f"{level.run}-slices", key=f"slice_figure_{_turn()}", on_select=True)
    return int(points[0]["point_index"]) if points else None


def _turn() -> int:
    return int(str(state.recall("slice_turn", 0)))


def _table(level: Level, found: pd.DataFrame) -> int | None:
    ends = zip(found["low"], found["high"], strict=True)
    shown = pd.DataFrame(
        {
            "slice": found["name"],
            "n": found["n"],
            "errors": found["errors"],
            "rate": 100 * found["error_rate"],
            "interval": [f"{100 * low:.1f} – {100 * high:.1f}" for low, high in ends],
            "ratio": found["ratio"],
            "p": [_p(value) for value in found["p_adjusted"]],
        }
    )
    typical = loaders.typical_of_slices(level)
    if typical is not None:
        shown.insert(1, "typical", typical.cells)
    has_pictures = typical is not None and typical.kind == "pictures"
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    looks = st.column_config.ImageColumn if has_pictures else text
    picked = st.dataframe(
        shown,
        hide_index=True,
        height="content" if len(shown) <= (7 if has_pictures else 12) else 460,
        row_height=44 if has_pictures else None,
        on_select="rerun",
        selection_mode="single-row",
        key=f"slice_table_{_turn()}",
        column_config={
            "slice": text("slice", width=NAME_PX if shown["slice"].str.len().max() > LONG_NAME else None),
            "typical": looks("typical", help=TYPICAL, width=WIDTH_PX),
            "n": number(words.noun(level.name), format="localized"),
            "errors": number("errors", format="localized"),
            "rate": number("error, %", format="%.1f"),
            "interval": text("95% interval"),
            "ratio": number("× overall rate", format="%.1f×"),
            "p": text("p, corrected", help="p-value (Fisher, one-sided), corrected for the number of slices tested."),
        },
    )  # fmt: skip
    rows = picked["selection"]["rows"]
    return int(rows[0]) if rows else None


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _classes(level: Level) -> None:
    table = loaders.class_priors(level)
    rare = int(np.count_nonzero(table["is_rare"]))
    st.markdown(
        f"**Classes by size** · {len(table):,}, rarest first",
        help="A class is rare when it has less than half of an even share of the data. Tick one to explore it.",
    )
    st.caption(
        f"{words.count(rare, 'class is', 'classes are')} rare: less than half of an even share."
        if rare
        else "No class is rare: each has at least half of an even share of the data."
    )
    row = widgets.ticked_row(
        _readable(table), "prior_table", most_in_full=12, height=400, column_config=_columns(level)
    )  # fmt: skip
    if row is not None:
        state.show_matches({"all": [{"column": "label", "in": [str(table["label"].iloc[row])]}]})


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """The classes as shown: shares in percent and intervals in words, without a column that says nothing."""
    ends = zip(table["error_low"], table["error_high"], table["support"], strict=True)
    shown = pd.DataFrame(
        {
            "class": table["label"],
            "support": table["support"],
            "share": 100 * table["share"],
            "rare": table["is_rare"],
            "error": 100 * table["error_rate"],
            "interval": [f"{100 * low:.1f} – {100 * high:.1f}" if n else "–" for low, high, n in ends],
            "hard": 100 * table["hard_share"],
            "error_prob": 100 * table["error_prob"],
        }
    )
    says_something = {"error_prob": table["error_prob"].notna(), "rare": table["is_rare"]}
    return shown.drop(columns=[name for name, column in says_something.items() if not np.any(column)])


def _columns(level: Level) -> dict:
    """The titles of the columns of `_readable`; that of the error names its sample where it is known."""
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    kind = numbers.sample_of_errors(level)
    sample = f", {kind}" if kind != "unknown" else ""
    return {
        "class": text("class", help="The given label."),
        "support": number(words.noun(level.name), format="localized"),
        "share": number("of the data, %", format="%.1f"),
        "rare": st.column_config.CheckboxColumn("rare", help="Less than half of an even share."),
        "error": number(f"error, %{sample}", format="%.1f"),
        "interval": text("95% interval"),
        "hard": number("in hardest tenth, %", format="%.1f", help="The rate of the whole data set is 10%."),
        "error_prob": number("error of a fresh model, %", format="%.1f", help="Mean calibrated probability."),
    }
