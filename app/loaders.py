"""What is opened once for all sessions; the only file that caches."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.wire import VERDICTS

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.difficulty.summary import Summary
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog
    from hem_core.store.workspace import Workspace


SUMMARISED = ("label", "predicted", "is_correct", "reason", "difficulty")


def folder() -> Path:
    """The workspace's folder: $HEM_WORKSPACE, set by whoever starts the server, else the working folder."""
    return Path(os.environ.get("HEM_WORKSPACE") or ".").resolve()


def workspace() -> "Workspace":
    """The workspace that the server shows."""
    return _workspace(str(folder()))


def tags() -> "TagLog":
    """The workspace's log of what people did."""
    return _tags(str(folder()))


def run(name: str) -> "Run":
    """The run of that name, opened once per state of its run.json."""
    place = workspace().folder / "runs" / name / "run.json"
    stamp = place.stat().st_mtime_ns if place.is_file() else 0
    return _run(str(folder()), name, stamp)


def columns(name: str, wanted: tuple[str, ...]) -> "pd.DataFrame":
    """Some columns of a run's table, (N, …), the same copy for everyone: not to be changed."""
    opened = run(name)
    return _columns(opened.folder.as_posix(), opened.fingerprint, wanted, opened)


def ids(name: str) -> "pd.Index":
    """The ids of a run, (N,) in the order of its rows."""
    opened = run(name)
    return _ids(opened.folder.as_posix(), opened.fingerprint, opened)


def overview(name: str) -> "Summary":
    """What Overview counts in a run: errors, hard, suspects, reasons (by reason), classes (one row a class)."""
    opened = run(name)
    return _overview(opened.folder.as_posix(), opened.fingerprint, opened)


def verdicts(data: str) -> "pd.DataFrame":
    """The verdict of each judged example of a data set: id -> tag, value, who, at."""
    log = tags()
    return _verdicts(str(folder()), data, log.revision(data), log)


@st.cache_resource(show_spinner=False)
def _workspace(folder: str) -> "Workspace":
    from hem_core.store.workspace import open_workspace

    return open_workspace(Path(folder))


@st.cache_resource(show_spinner=False)
def _tags(folder: str) -> "TagLog":
    return _workspace(folder).tags()


@st.cache_resource(show_spinner=False, max_entries=8)
def _run(folder: str, name: str, stamp: int) -> "Run":
    del stamp
    return _workspace(folder).run(name)


@st.cache_resource(show_spinner=False, max_entries=16)
def _columns(folder: str, fingerprint: str, wanted: tuple[str, ...], _run: "Run") -> "pd.DataFrame":
    return _run.table([name for name in wanted if name in _run.source.columns])


@st.cache_resource(show_spinner=False, max_entries=8)
def _ids(folder: str, fingerprint: str, _run: "Run") -> "pd.Index":
    import pandas as pd

    return pd.Index(_run.table(["id"])["id"])


@st.cache_resource(show_spinner=False, max_entries=8)
def _overview(folder: str, fingerprint: str, _run: "Run") -> "Summary":
    from hem_core.difficulty.summary import summary

    return summary(_run.table([name for name in SUMMARISED if name in _run.source.columns]), _run.classes)


@st.cache_resource(show_spinner=False, max_entries=8)
def _verdicts(folder: str, data: str, revision: int, _log: "TagLog") -> "pd.DataFrame":
    state = _log.state(data)
    return state.loc[state["tag"].isin(VERDICTS), :].set_index("id")
