"""The map of a run that was opened before it had one: what to say of it, and how a page notices that it is there."""

from typing import TYPE_CHECKING

import streamlit as st

from app import loaders, words
from hem_core.errors import HemError
from hem_core.jobs.kinds.projection import job_of, start_pending_map
from hem_core.jobs.state import is_running
from hem_core.store.map_pending import COMPUTING, INTERRUPTED, MAP, is_map_pending, pending_map

if TYPE_CHECKING:
    from hem_core.store.level import Level


def words_of(level: "Level") -> str | None:
    """Why the map of a level is not there yet, and what happens next; None where no map is to come."""
    found = pending_map(level.folder, level.info) if level.graph is not None else None
    return COMPUTING if found == INTERRUPTED and is_running(job_of(loaders.run(level.run))) else found


def lacking(level: "Level") -> dict[str, str]:
    """What a run lacks -> why, without a map that is still to come."""
    missing = dict(level.info.get("missing") or {})
    return {name: why for name, why in missing.items() if name != MAP or not is_map_pending(level.info)}


def watch(level: "Level", *, is_shown: bool = False) -> None:
    """Draw the page again as soon as the map is there, or nobody computes it any more.

    is_shown: say meanwhile how far it is.
    """
    shown = words_of(level)
    if shown is not None:
        _watch(level.run, level.name, shown, is_shown)


@st.fragment(run_every="2s")
def _watch(run: str, level_name: str, shown: str, is_shown: bool) -> None:
    level = loaders.level(run, level_name)
    if words_of(level) != shown:
        st.rerun()
    if is_shown:
        st.caption(words.plain(f"{shown}{_how_far(run) if shown == COMPUTING else ''}"))
        if shown == INTERRUPTED and loaders.workspace().is_writable():
            st.button("Compute the map", on_click=_start, args=(run,))


def _start(name: str) -> None:
    try:
        start_pending_map(loaders.run(name))
    except HemError as error:
        st.toast(words.plain(str(error)), icon=":material/error:")


def _how_far(run: str) -> str:
    progress = loaders.run(run).progress() or {}
    done, total = int(progress.get("done") or 0), int(progress.get("total") or 0)
    return f" {done:,} of {total:,} steps." if total and progress.get("stage") == MAP else ""
