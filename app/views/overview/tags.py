"""The figures of each tag of a multi-label run, as a table; ticking a tag leads to its rows on the level of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import loaders, state, widgets
from hem_core.store.level_names import of_parts

if TYPE_CHECKING:
    from hem_core.store.level import Level

COLUMNS = ["tag", "ap", "f1", "given", "predicted", "prevalence", "mean_prob"]
HELP = (
    "AP is the average precision of a tag over all examples for which it is known; mAP is the mean of this column. F1 "
    "and the predicted number are at a threshold of 0.5. A mean probability far from the share that has the tag says "
    "that the probabilities are too high or too low. Tick a tag to explore it."
)


def table(level: Level) -> pd.DataFrame:
    """One row a tag, the lowest AP first: tag, ap, f1, prevalence and mean_prob in %, how often given and predicted."""
    found = pd.DataFrame([dict(each) for each in getattr(loaders.task(level), "by_tag", ())])
    if not len(found):
        return pd.DataFrame(columns=COLUMNS)
    found["prevalence"] = found["given"] / found["known"].where(found["known"] > 0)
    for name in ("ap", "f1", "prevalence", "mean_prob"):
        found[name] = 100 * found[name].astype("float64")
    return found.loc[:, COLUMNS].sort_values(["ap", "tag"], na_position="last").reset_index(drop=True)


def draw(level: Level) -> None:
    """The table, with a link from each tag to its rows."""
    found = table(level)
    st.markdown(f"**Tags** · {len(found):,}, lowest average precision first", help=HELP)
    number = st.column_config.NumberColumn
    columns = {
        "tag": st.column_config.TextColumn("tag"),
        "ap": number("AP, %", format="%.1f"),
        "f1": number("F1, %", format="%.1f"),
        "given": number("given", help="Examples that have the tag.", format="localized"),
        "predicted": number("predicted", help="At a threshold of 0.5.", format="localized"),
        "prevalence": number("have it, %", help="Of the examples for which it is known.", format="%.1f"),
        "mean_prob": number("mean probability, %", help="Calibrated, it equals the share to its left.", format="%.1f"),
    }
    row = widgets.ticked_row(found, "tag_table", most_in_full=12, height=400, column_config=columns)
    parts = of_parts(level.info)
    if row is not None and parts:
        state.set_current_level(parts[0])
        state.show_matches({"all": [{"column": "tag", "in": [str(found["tag"].iloc[row])]}]})
