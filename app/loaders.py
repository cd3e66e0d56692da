"""What is opened once for all sessions; the only file that caches."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog
    from hem_core.store.workspace import Workspace


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
