"""Measuring the learning curve from the page: the button, how far it is, and that it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import loaders, state, widgets, words
from hem_core.errors import HemError
from hem_core.jobs import start as jobs
from hem_core.jobs.kinds.learning_curve import job_of
from hem_core.jobs.state import state as state_of

if TYPE_CHECKING:
    from hem_core.store.run import Run

HELP = (
    "Trains on an eighth, a quarter, a half and all of the data in each fold, with more wrong labels, twice as long, "
    "and with class weights where the train function takes them."
)
HELP_OF_HEADS = (
    "Fits linear heads on the embeddings of an eighth, a quarter, a half and all of the data in each fold, and with "
    "more wrong labels."
)
IN_BACKGROUND = "It runs in the background; if interrupted, it resumes where it stopped."


def offer(run: Run, *, is_stand_in: bool, is_begun: bool) -> None:
    """How a measurement stands, else the button that starts or resumes one; is_stand_in: it trains linear heads."""
    found = state_of(job_of(run))
    if found.status == "running":
        _watch(run)
        return
    if found.status == "failed":
        widgets.failure(HemError(found.error))
    if not loaders.workspace().is_writable():
        return
    title = "Measure with linear heads" if is_stand_in else "Measure the learning curve"
    title = "Resume measuring" if is_begun else title
    text = f"{HELP_OF_HEADS if is_stand_in else HELP} {IN_BACKGROUND}"
    if st.button(title, icon=":material/trending_down:", help=text):
        try:
            jobs.start(job_of(run))
        except HemError as error:
            state.remember("curve_failure", str(error))
        st.rerun()
    failure = state.forget("curve_failure")
    if failure:
        widgets.failure(HemError(str(failure)))


@st.fragment(run_every="1s")
def _watch(run: Run) -> None:
    found = state_of(job_of(run))
    if found.status != "running":
        st.rerun()
    done = f": {found.done:,} of {words.count(found.total, 'training')}" if found.total else "…"
    st.progress(found.share, text=words.plain(f"Measuring the learning curve{done}"))
