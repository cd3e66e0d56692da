"""Share: a run for readers who do not have HEM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import loaders, scope, state, words
from app.in_process import place_of
from app.report.page import page as report_of
from app.static_page.write import content
from app.wire import masks
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.store.level import Level
    from hem_core.store.run import Run

TITLE = "Share"
PLACE = 86
LIMITS = (500, 2_000, 5_000, 20_000)
USUAL_LIMIT = 2_000
PREVIEW_PX = 1_400


def page() -> None:
    """The report and the copy, each with its download."""
    run, level = loaders.run(state.current_run() or ""), scope.level()
    with place_of(run).entered():
        shown = report_of(run, level)
    left, right = st.columns(2, gap="large")
    with left:
        _report(level, shown)
    with right:
        _copy(run, level)
    st.subheader("The report", anchor=False)
    with st.container(border=True, key="report_preview"):
        st.iframe(shown, height=PREVIEW_PX)


def _report(level: Level, shown: str) -> None:
    st.subheader("Report to print", anchor=False)
    st.text("Numbers, figures, reasons, weak slices, sets and verdicts, as one file without a script. A4 when printed.")
    st.download_button(
        "Download the report",
        shown.encode(),
        file_name=_name(level, "report"),
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
    )


@st.fragment
def _copy(run: Run, level: Level) -> None:
    """Another number of rows draws this part alone, and not the report."""
    st.subheader("Explorer in one file", anchor=False)
    st.text("Map, gallery, filters and pictures for readers without HEM, a server or a network.")
    rule = state.rule()
    matches = masks.rows(level, rule)
    of = f"of {words.counted(len(matches), level.name)}{' that match the filter of Explore' if rule else ''}"
    choices = limits(len(matches))
    limit = st.selectbox(
        f"How many {of}",
        choices,
        index=choices.index(min(USUAL_LIMIT, choices[-1])),
        format_func=lambda n: f"All {n:,}" if n == len(matches) else f"{n:,}",
        key=f"share_limit {len(matches)}",
        help="Of more, half are the hardest and half are drawn at random. With pictures, 2,000 take some 10 MB.",
        width=320,
    )
    st.download_button(
        "Download the copy",
        lambda: content(run, level=level.name, limit=int(limit), rows=matches)[0],
        file_name=_name(level, "explorer"),
        mime="text/html",
        icon=":material/scatter_plot:",
        on_click="ignore",
        disabled=not len(matches),
        help=None if len(matches) else "Nothing matches the filter of Explore.",
    )


def limits(n: int) -> list[int]:
    """How many of n rows a copy can hold: round numbers below n, then all of them, 20,000 at most."""
    return [*(limit for limit in LIMITS if limit < n), *([n] if n <= LIMITS[-1] else [])]


def _name(level: Level, what: str) -> str:
    return f"{level.run}-{what}.html" if level.name == EXAMPLES else f"{level.run}-{level.name}-{what}.html"
