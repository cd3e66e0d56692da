"""One job on the page: what it is, how far, and what can be done with it."""

import shlex
from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from app import loaders, state, widgets, words
from hem_core.errors import HemError
from hem_core.jobs import start as jobs
from hem_core.jobs.job import Job
from hem_core.jobs.kind import load
from hem_core.jobs.state import State, log_tail, title

ICONS = {
    "running": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "stopped": ":material/pause_circle:",
}


def draw(job: Job, found: State) -> None:
    """Draw a job that stands as `found`; a button that was pressed acts, and the page is drawn anew."""
    key = f"{job.kind}/{job.name}"
    with st.container(border=True, width=960, key=f"job {key}".replace("/", "_").replace(" ", "_")):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{ICONS[found.status]} **{words.plain(title(job))}**", width="content")
            st.caption(words.plain(_when(found)), width="stretch")
            _buttons(job, found, key)
        _how(found)
        _details(job, found)


def progress(found: State) -> str:
    """How far a running job is: `score: 1,200 of 5,000 · 350 a second · about 12 s left`."""
    counted = f"{found.stage}: {found.done:,} of {found.total:,}" if found.total else found.stage
    rate = f"{found.rate:,.0f} a second" if found.rate and found.rate >= 10 else ""
    slow = f"{found.rate:.1f} a second" if found.rate and found.rate < 10 else ""
    left = f"about {words.seconds(found.seconds_left)} left" if found.seconds_left is not None else ""
    return " · ".join(part for part in (counted, rate, slow, left) if part)


def _how(found: State) -> None:
    if found.status == "running":
        st.progress(found.share, text=words.plain(progress(found)))
    elif found.status == "failed":
        widgets.failure(HemError(found.error))
    elif found.status == "stopped":
        st.caption(words.plain(_why_stopped(found)))


def _why_stopped(found: State) -> str:
    if found.result.get("waits_for"):
        return str(found.result["waits_for"])
    if found.ended_well:
        return "It ended without a result, or the result was removed since."
    at = f" at {found.stage}, {found.done:,} of {found.total:,}" if found.total else ""
    return f"Stopped{at}. What is finished is kept; resumed, it gives the same result."


def _when(found: State) -> str:
    begun = f"started {_moment(found.started)}" if found.started else ""
    took = found.ended - found.started if found.ended and found.started else None
    lasted = f"took {words.seconds(took)}" if took is not None and took >= 0 and found.status == "done" else ""
    return " · ".join(part for part in (begun, lasted) if part)


def _moment(seconds: float) -> str:
    return words.moment(datetime.fromtimestamp(seconds, UTC).isoformat())


def _buttons(job: Job, found: State, key: str) -> None:
    if found.status in ("running", "done") and st.button("Open", icon=":material/open_in_new:", key=f"open {key}"):
        _open(job)
    if job.home == job.workspace and not loaders.workspace().is_writable():
        return  # somebody else's workspace: look, but do not touch
    if found.can_stop:
        help = "What is finished is kept; it can be resumed later."
        if st.button("Stop", icon=":material/stop:", key=f"stop {key}", help=help):
            _act(lambda: jobs.stop(job))
    if found.can_resume:
        help = "Runs it again by the same settings, in the background."
        again = "Try again" if found.status == "failed" else "Resume"
        if st.button(again, icon=":material/play_arrow:", key=f"resume {key}", help=help):
            _act(lambda: jobs.resume(job))
    if found.status != "running":
        help = "Takes it off this list; its result stays."
        if st.button("Remove", icon=":material/close:", key=f"forget {key}", help=help, type="tertiary"):
            _act(lambda: jobs.forget(job))


def _act(action: Callable[[], object]) -> None:
    try:
        action()
    except HemError as error:
        state.remember("jobs_failure", str(error))
    st.rerun()


def _open(job: Job) -> None:
    page, address = load(job.kind).opens(job)
    if "run" in address:
        state.set_current_run(address["run"])
    if "retrain" in address:
        state.set_retrain(address["retrain"])
    state.go(page)


def _details(job: Job, found: State) -> None:
    """The log, and the command that it was."""
    log = log_tail(job)
    if not log and not job.is_command:
        return
    with st.expander("Log" if log else "Command"):
        if job.is_command:
            st.code(shlex.join(["hem", *map(str, job.settings["argv"])]), language="bash", wrap_lines=True)
        if log:
            st.code(log, language=None, wrap_lines=True)
        elif found.log is None:
            st.caption("It was started in a terminal, which has its output.")
