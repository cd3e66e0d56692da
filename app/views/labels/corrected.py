"""The corrected annotations: how many boxes people have corrected, what they disagree on, and the files."""

import pandas as pd
import streamlit as st

from app import loaders, state, widgets, words
from hem_core.errors import HemError
from hem_core.labels.corrected_boxes import Corrected
from hem_core.labels.corrected_files import archive
from hem_core.store.level import Level

HELP = (
    "The annotation file of this run with the verdicts of Review applied, in the format that it came in, and a list of "
    "what changed, by whom and when. Everything else in the file stays as it is. On the command line: hem correct."
)


def corrections(level: Level) -> None:
    """The count, the download and the disputed boxes of a level whose boxes people correct; nothing on another one."""
    if not loaders.is_corrected(level):
        return
    st.markdown("**Corrected annotations**", help=HELP)
    try:
        found = loaders.corrected(level)
    except (HemError, OSError) as error:
        st.caption(words.plain(error))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Download corrected annotations",
            lambda: archive(found),
            file_name=f"{level.run}-corrected.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            disabled=not any(found.counts.values()),
        )
        st.caption(words.plain(_counted(found)))
    if found.conflicts:
        _disputed(found)


def _counted(found: Corrected) -> str:
    """`12 boxes corrected: 5 moved, 3 added`, and what is left as it is."""
    parts = [f"{found.words[:1].upper()}{found.words[1:]}"]
    if found.counts["refused"]:
        parts.append(f"{found.counts['refused']:,} not applied, see changes.csv")
    if found.undecided:
        parts.append(f"{len(found.undecided):,} called wrong without another class or box")
    if found.outdated:
        parts.append(f"{len(found.outdated):,} corrected on another state of the annotations")
    return "; ".join(parts) + "."


def _disputed(found: Corrected) -> None:
    n = words.count(len(found.conflicts), "box", "boxes")
    st.caption(
        f"Reviewers disagree on {n}, left as given. Tick one to open it in Review, where both boxes are drawn; the "
        "verdict of a third person settles it, and so does a change of mind."
    )
    table = pd.DataFrame([{"box": one.box, "opinions": "; ".join(one.opinions)} for one in found.conflicts])
    row = widgets.ticked_row(table, "disputed_table", most_in_full=6, height=240)
    if row is not None:
        state.remember("review_id", str(table["box"].iloc[row]))
        state.set_queue(state.DISPUTES)
        state.go("review")
