"""The end of the form: the name of the run, the command that does the same, and Start; then the progress."""

from __future__ import annotations

import shlex
from pathlib import Path

import streamlit as st

from app import loaders, state, widgets, words
from app.views.add_data import request
from app.views.add_data.contents import train_problem
from app.views.jobs import card
from hem_core.errors import HemError
from hem_core.jobs import start as jobs
from hem_core.jobs.job import Job, new_job, open_job, read
from hem_core.jobs.kinds import scoring
from hem_core.jobs.state import state as state_of
from hem_core.runs.data_preview import DataPreview

DEMO = "digits"


def draw(found: DataPreview) -> None:
    """The name, the command and the button."""
    home, asked = loaders.folder(), request.request()
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        name = _name(home, asked.source)
    problem = name_problem(home, name)
    if problem:
        st.error(words.plain(problem), icon=":material/error:")
    job = scoring.scoring_job(home, scoring.free_name(home, name), request.settings(found, asked))
    refusal = state.forget("add_failure")
    if refusal:
        widgets.failure(HemError(str(refusal)))
    lacks = _lacks(found)
    if row.button(
        "Start", type="primary", icon=":material/play_arrow:", disabled=bool(problem or lacks), key="add_start"
    ):
        _start(job)
    st.caption(lacks or "It runs in the background: you can leave or close this page.")
    st.caption("The same in a terminal:")
    st.code(shlex.join(scoring.command(job)), language="bash", wrap_lines=True)


def _name(home: Path, source: str) -> str:
    typed = request.chosen("name")
    free = scoring.free_name(home, Path(source).name.split(".")[0])
    st.text_input(
        "Name of the run",
        help="The folder of the run in the workspace.",
        width=480,
        **request.field("name", typed or free),
    )
    return typed or free


def name_problem(home: Path, name: str) -> str:
    """Why a run cannot have this name; "" when it can."""
    free = scoring.free_name(home, name)
    if free == name:
        return ""
    if free.startswith(name):
        return f"There is a run or a job '{name}' already; {free} is free."
    return f"'{name}' cannot be the name of a run: letters, digits, dots and dashes can stand in it, as in {free}."


def _lacks(found: DataPreview) -> str:
    """What keeps it from being started; "" for nothing."""
    if not loaders.workspace().is_writable():
        return widgets.why_read_only(loaders.workspace())
    if found.problem:
        return "Solve the problem above first."
    if found.missing:
        return "Predictions are missing: put them into the data, add a file of them, or choose a train function."
    if request.is_trained() and (not request.chosen("train") or train_problem()):
        return "Name a train function first."
    return ""


def _start(job: Job) -> None:
    try:
        jobs.start(job)
    except HemError as error:
        state.remember("add_failure", str(error))
    else:
        state.set_adding({**state.adding(), "job": job.name})
    st.rerun()


def demo_button() -> None:
    """A run of handwritten digits, for those who want to look first."""
    if st.button("Try it on handwritten digits", icon=":material/school:", key="add_demo"):
        try:
            jobs.start(new_job(loaders.folder(), "demo", DEMO, {}))
        except HemError as error:
            widgets.failure(error)
            return
        state.set_adding({**state.adding(), "job": DEMO})
        st.rerun()


def started() -> Job | None:
    """The scoring or demo that was started here and has not been left since; None when it was removed."""
    name = request.chosen("job")
    if not name or Path(name).name != name or name.startswith("."):
        return None
    home = loaders.folder()
    return open_job(home, "scoring", name) or open_job(home, "demo", name)


def follow(job: Job) -> None:
    """The progress, the end and what comes next."""
    _watch(job, _stands(job))
    status, is_there = _stands(job)
    with st.container(horizontal=True):
        if is_there and st.button("Open the run", type="primary", icon=":material/open_in_new:", key="add_open"):
            request.choose("data", "")
            state.set_current_run(job.name)
            state.go("overview")
        if status == "failed" and st.button("Change the settings", icon=":material/edit:", key="add_again"):
            if not is_there:
                jobs.forget(job)
            request.choose("job", "")
            st.rerun()
        if st.button("Add other data", icon=":material/add:", key="add_more"):
            request.choose("data", "")
            st.rerun()
        if st.button("Jobs", icon=":material/list:", key="add_jobs", type="tertiary"):
            state.go("jobs")


@st.fragment(run_every="1s")
def _watch(job: Job, known: tuple[str, bool]) -> None:
    if _stands(job) != known:
        st.rerun()
    found = state_of(job)
    with st.container(border=True, width=960, key="add_progress"):
        titles = {"running": "Scoring", "done": "Ready", "failed": "It failed", "stopped": "Stopped"}
        st.markdown(f"{card.ICONS[found.status]} **{titles[found.status]}: {words.plain(job.name)}**")
        if found.status == "running":
            st.progress(found.share, text=words.plain(card.progress(found)))
            st.caption("It runs in the background: this page can be left, and Jobs lists it.")
        elif found.status == "failed":
            widgets.failure(HemError(request.in_app_words(found.error)))
        elif found.status == "stopped":
            st.caption("What is finished is kept; Jobs can resume it.")


def _stands(job: Job) -> tuple[str, bool]:
    """The status of a job, and whether its run can be opened, which it can before its map is there."""
    run = job.workspace / scoring.RESULTS / job.name / "run.json"
    return state_of(job).status, read(run).get("status") == "complete"
