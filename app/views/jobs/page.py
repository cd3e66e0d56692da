"""Jobs: the background work of this workspace, whoever started it."""

import streamlit as st

from app import loaders, widgets
from app import state as visitor
from app.views.jobs import card
from hem_core.errors import HemError
from hem_core.jobs.job import Job, listing, running
from hem_core.jobs.state import State, state

TITLE = "Jobs"
PLACE = 80
NEEDS_RUN = False

SHOWN = 20
"""Jobs in each section; older ones are counted."""


def page() -> None:
    """Running, failed or stopped, and done; the newest first in each."""
    found = [(job, state(job)) for job in listing(loaders.folder())]
    refusal = visitor.forget("jobs_failure")
    if refusal:
        widgets.failure(HemError(str(refusal)))
    if not found:
        _empty()
        return
    at_work = tuple(_key(job) for job, how in found if how.status == "running")
    st.subheader(f"Running · {len(at_work)}", anchor=False)
    if at_work:
        _watch(at_work)
    else:
        st.caption("Nothing runs at the moment.")
    _section("Failed or stopped", [(job, how) for job, how in found if how.status in ("failed", "stopped")])
    _section("Done", [(job, how) for job, how in found if how.status == "done"])


@st.fragment(run_every="1s")
def _watch(known: tuple[str, ...]) -> None:
    found = [(job, state(job)) for job in listing(loaders.folder()) if _key(job) in known]
    is_over = any(how.status != "running" for _, how in found) or len(found) < len(known)
    if is_over or {_key(job) for job in running(loaders.folder())} != set(known):
        st.rerun()
    for job, how in found:
        card.draw(job, how)


def _section(title: str, found: list[tuple[Job, State]]) -> None:
    if not found:
        return
    st.subheader(f"{title} · {len(found):,}", anchor=False)
    for job, how in found[:SHOWN]:
        card.draw(job, how)
    if len(found) > SHOWN:
        st.caption(f"The newest {SHOWN} of {len(found):,}; `hem jobs` lists all of them.")


def _empty() -> None:
    home = loaders.folder()
    with st.container(border=True, width=820):
        st.subheader("No background work yet", anchor=False)
        st.text("Exports and proofs start on Sets, retrainings on Retrain, and a refit of the reasons on Overview.")
        st.text("The commands demo, score, export, retrain and loop are listed here too, from their start on:")
        st.code(
            f"hem score DATA --model package.module:factory --out {home}/runs/NAME", language="bash", wrap_lines=True
        )


def _key(job: Job) -> str:
    return f"{job.kind}/{job.name}"
