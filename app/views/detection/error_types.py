"""How many errors of each type there are, and how much average precision each type costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import loaders, widgets, words
from app.views.detection import figures
from hem_core.boxes.error_types import RIGHT, TYPES

if TYPE_CHECKING:
    from app.views.detection.view import View

FALSE_HELP = "Predictions that are wrong: of another class, in another place, both, a second one, or on background."
MISSED_HELP = (
    "Given boxes that no prediction of their class hits. Where a prediction of another class, or in a wrong place, is "
    "about one of them, it counts as that type of error; the type 'Missed' has the boxes that no prediction is about."
)
MEANINGS = {
    "Cls": "another class at a given box",
    "Loc": "the right class in a wrong place",
    "Both": "another class in a wrong place",
    "Dupe": "a second prediction of a box that is found",
    "Bkg": "nothing is given there",
    "Missed": "a given box that no prediction is about",
}


def draw(view: View) -> None:
    """The bars of the types; a click leads to their boxes."""
    st.markdown(
        "**Types of error** · and what they cost",
        help="TIDE's types (Bolya et al. 2020). The cost is the mean average precision, in points at this IoU, that "
        "would be gained if this type alone were fixed, over predictions of any confidence.",
    )
    costs = loaders.error_costs(view.boxes, view.foreground)
    chart = figures.error_types(table(view, costs))
    bar = widgets.clicked(chart, f"{view.run}-error-types", key="error_types")
    extra = " · ".join(
        f"{name} {100 * costs[key]:.1f}"
        for name, key in (("all false positives", "false_positives"), ("all missed", "missed"))
    )
    st.caption(words.plain(f"Cost of {extra} points of mAP. Click a bar to explore its boxes."))
    if bar is not None:
        explore(view, TYPES[int(bar["point_index"])])


def table(view: View, costs: dict[str, float]) -> pd.DataFrame:
    """One row a type of TYPES: type, meaning, n, cost in points of mAP."""
    counts = view.judged.counts.types
    return pd.DataFrame(
        {
            "type": list(TYPES),
            "meaning": [MEANINGS[name] for name in TYPES],
            "n": [counts[name] for name in TYPES],
            "cost": [100 * costs[name] for name in TYPES],
        }
    )


def explore(view: View, name: str) -> None:
    """The boxes of a type in Explore."""
    own = [{"column": "type", "in": [name]}]
    view.explore(view.judged.type == (RIGHT, *TYPES).index(name), own, [*own, *view.sure()])
