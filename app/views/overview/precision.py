"""Average precision of each class of boxes, as a table; ticking a class leads to its boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import loaders, state, widgets
from hem_core.store.level_names import of_parts

if TYPE_CHECKING:
    from hem_core.store.level import Level

HELP = (
    "COCO's average precision: AP50 at an IoU of .5, AP50–95 the mean over .5 to .95. A class without a given box has "
    "none. Tick a class to explore its boxes."
)


def table(level: Level) -> pd.DataFrame:
    """One row a class that is given or predicted, the lowest AP50 first: class, given, predicted, ap50 and ap in %."""
    rows = [dict(each) for each in getattr(loaders.task(level), "by_class", ())]
    found = pd.DataFrame(rows, columns=["class", "given", "predicted", "ap50", "ap"])
    for name in ("ap50", "ap"):
        found[name] = 100 * found[name].astype("float64")
    return found.sort_values(["ap50", "class"], na_position="last").reset_index(drop=True)


def draw(level: Level) -> None:
    """The table, with a link from each class to its boxes."""
    found = table(level)
    st.markdown(f"**Average precision** · {len(found):,} classes, lowest first", help=HELP)
    number = st.column_config.NumberColumn
    columns = {
        "class": st.column_config.TextColumn("class"),
        "given": number("given boxes", format="localized"),
        "predicted": number("predicted boxes", help="At any confidence.", format="localized"),
        "ap50": number("AP50, %", format="%.1f"),
        "ap": number("AP50–95, %", format="%.1f"),
    }
    row = widgets.ticked_row(found, "precision_table", most_in_full=12, height=400, column_config=columns)
    parts = of_parts(level.info)
    if row is not None and parts:
        state.set_current_level(parts[0])
        state.show_matches({"all": [{"column": "label", "in": [str(found["class"].iloc[row])]}]})
