"""The confusion matrix of boxes, with the row and the column "none"; a cell leads to its boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app import widgets, words
from app.views.detection import figures, settings
from hem_core.store.summary import NOTHING

if TYPE_CHECKING:
    from app.views.detection.view import View

MOST_CLASSES = 25
HELP = (
    "Rows are the given classes, columns the predicted ones. The last row, “{none}”, has predictions where nothing is "
    "given (or where the box is taken), the last column given boxes without a prediction. The diagonal also counts "
    "boxes of the right class in a wrong place. Colour: share of the row. Click a cell to explore its boxes."
)


def draw(view: View) -> None:
    """The matrix; of many classes those with the most errors, unless others are chosen."""
    found = view.judged.confusion()
    names = [*view.scene.classes, NOTHING]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Confusion matrix** · {words.count(int(found.sum()), 'box', 'boxes')} at confidence "
            f"{view.confidence:.2f}, IoU {view.foreground:.2f}",
            help=words.plain(HELP.format(none=NOTHING)),
            width="content",
        )
        usual = most_confused(found)
        shown = [names.index(name) for name in _chosen(view, names, usual)] or usual
    order = [*sorted(k for k in shown if k < len(names) - 1), len(names) - 1]
    some, mislocated = found[np.ix_(order, order)], _mislocated(view)[order]
    chart = figures.confusion(some, [names[k] for k in order], mislocated, is_dark=st.context.theme.type == "dark")
    cell = widgets.clicked(chart, f"{view.run}-confusion", key="box_matrix")
    if len(order) < len(names):
        st.caption(f"The {len(order) - 1} classes with the most errors of {len(names) - 1}; choose others above.")
    if cell and cell.get("customdata"):
        given, predicted = (order[int(at)] for at in cell["customdata"][:2])
        explore(view, given, predicted)


def most_confused(found: np.ndarray) -> list[int]:
    """The classes that occur, of more than 25 those with the most errors, by their number."""
    wrong = found.sum(axis=0) + found.sum(axis=1) - 2 * np.diag(found)
    occurs = np.flatnonzero((found.sum(axis=0) + found.sum(axis=1))[:-1])
    return np.sort(occurs[np.argsort(-wrong[occurs], kind="stable")][:MOST_CLASSES]).tolist()


def explore(view: View, given: int, predicted: int) -> None:
    """The boxes of a cell in Explore."""
    own = view.judged.classes
    names = [*view.scene.classes, None]
    clauses = [{"column": "label", "in": [names[given]]}, {"column": "predicted", "in": [names[predicted]]}]
    view.explore((own[0] == given) & (own[1] == predicted), clauses, [*clauses, *view.sure()])


def _chosen(view: View, names: list[str], usual: list[int]) -> list[str]:
    if len(names) - 1 <= MOST_CLASSES:
        return []
    with st.popover("Classes", type="tertiary", icon=":material/filter_list:"):
        chosen = settings.some("matrix", names[:-1], len(names), [])
        return st.multiselect(
            "Classes in the matrix",
            names[:-1],
            placeholder=f"the {len(usual)} with the most errors",
            key=settings.key("matrix", chosen),
            on_change=settings.changed("matrix", []),
        )


def _mislocated(view: View) -> np.ndarray:
    """(K + 1,) how many boxes of each diagonal cell are in a wrong place."""
    given, predicted = view.judged.classes
    off = (given == predicted) & ~view.judged.is_right
    return np.bincount(given[off], minlength=len(view.scene.classes) + 1)
