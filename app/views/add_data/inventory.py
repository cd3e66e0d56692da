"""What the workspace has: its runs, sets and retrainings."""

import pandas as pd
import streamlit as st

from app import loaders, state, widgets, words
from hem_core.retrain import stored
from hem_core.store import sets

SHOWN = 50
MOST_IN_FULL = 10


def draw() -> None:
    """A table of the runs, which a tick opens, and the names of the sets and retrainings."""
    home = loaders.folder()
    runs = loaders.workspace().runs()
    if not runs:
        return
    st.subheader("In this workspace", anchor=False)
    rows = [
        {
            "run": run.name,
            "task": str(run.info.get("task") or ""),
            "examples": run.info.get("n"),
            "data": str((run.info.get("data") or {}).get("name") or ""),
            "made": words.moment(str(run.info.get("created") or "")) if run.info.get("created") else "",
            "state": "complete" if run.is_complete else "being scored",
        }
        for run in runs[:SHOWN]
    ]
    place = widgets.ticked_row(pd.DataFrame(rows), "add_runs", most_in_full=MOST_IN_FULL)
    if place is not None:
        state.set_current_run(runs[place].name)
        state.go("overview")
    if len(runs) > SHOWN:
        st.caption(f"The newest {SHOWN} of {len(runs):,}; the picker above has all of them.")
    _names("sets", "Sets", [f"{name} v{sets.versions(home, name)[-1]}" for name in sets.names(home)])
    _names("retrain", "Retrainings", [one.name for one in stored.list(home)])


def _names(page: str, title: str, names: list[str]) -> None:
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"{title} · {len(names):,}", key=f"add_go_{page}", type="tertiary", icon=":material/arrow_forward:"
        ):
            state.go(page)
        st.caption(words.plain(", ".join(names[:SHOWN])), width="stretch")
