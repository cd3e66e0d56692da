"""What stands around every page: the run on screen, its badge, who is reviewing; and the states without a run."""

from collections.abc import Callable

import streamlit as st

from app import loaders, scope, state, theme, widgets, words
from hem_core.errors import HemError


def show(page: Callable[[], None]) -> None:
    """Draw the bar with the run picker, then the page for that run.

    The page is called when that run is complete; while it grows, its progress stands in the page's place.
    Errors that the user can fix are shown as a sentence.
    """
    st.html(theme.CSS)
    try:
        workspace = loaders.workspace()
        runs, broken = workspace.runs(), workspace.broken()
    except HemError as error:
        widgets.failure(error)
        return
    if not runs:
        widgets.broken(broken)
        widgets.no_runs(str(loaders.folder()))
        return
    by_name = {run.name: run for run in runs}
    newest = next((run.name for run in runs if run.is_complete), runs[0].name)
    wanted = state.current_run()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame"):
        name = widgets.run_picker(runs, wanted if wanted in by_name else newest)
        widgets.broken_mark(broken)
        state.set_current_run(name)
        widgets.sample_badge(by_name[name])
        st.caption(words.plain(_line(by_name[name].info)), width="stretch")
        widgets.signature()
    if wanted and wanted not in by_name:
        st.info(f"There is no run {words.plain(wanted)} in this workspace; showing {words.plain(name)}.")
    if not by_name[name].is_complete:
        _watch(name)
        return
    try:
        scope.fit(loaders.run(name))
        st.html(theme.SKELETON)
        page()
    except HemError as error:
        widgets.failure(error)


@st.fragment(run_every="2s")
def _watch(name: str) -> None:
    run = next((run for run in loaders.workspace().runs() if run.name == name), None)
    if run is None or run.is_complete:
        st.rerun()
    widgets.growing(run)


def _line(info: dict) -> str:
    parts = [words.count(int(info.get("n") or 0), "example"), str(info.get("model", {}).get("name") or "")]
    if info.get("accuracy") is not None:
        parts.append(f"accuracy {words.percent(info['accuracy'])}")
    return " · ".join(part for part in parts if part)
