"""The numbers that a run predicted against those that were given, and its residuals against any column."""

import streamlit as st

from app import loaders, scatter, state, widgets, words
from app.wire import columns
from hem_core.store.level import Level

GIVEN = "given_value"


def draw(level: Level) -> None:
    """The figure, with a choice of what stands on its x axis; a click on a point opens it in Review."""
    if not set(scatter.POINTS) <= set(level.source.columns):
        st.caption("This run does not have the numbers that were given and predicted.")
        return
    numbers = [name for name, kind in level.columns().items() if kind == "number" and name not in ("row", "residual")]
    choices = [GIVEN, *sorted(name for name in numbers if name != GIVEN)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Predicted and given** · {words.rows(level)}",
            help="The grey band is twice the usual residual there; predictions outside it count as wrong. "
            "Against another column than the given value the residual is shown.",
            width="content",
        )
        chosen = st.selectbox(
            "against",
            choices,
            key="residuals_against",
            label_visibility="collapsed",
            width=260,
            format_func=lambda name: _against(name, level),
        )
    table = loaders.columns(level, tuple(dict.fromkeys((*scatter.POINTS, chosen))))
    shown = scatter.drawn(table)
    title = columns.words_of(chosen, level)[0]
    chart = (
        scatter.predicted_against_given(shown) if chosen == GIVEN else scatter.residual_against(shown, chosen, title)
    )
    points = widgets.figure(chart, f"{level.run}-{chosen}", key=f"residuals_{chosen}", on_select=True)
    if len(shown) < len(table):
        st.caption(f"{len(shown):,} of {len(table):,} are drawn: the most wrong, and a sample of the others.")
    if points and points[0].get("customdata"):
        state.remember("review_id", str(points[0]["customdata"][0]))
        state.go("review")


def _against(name: str, level: Level) -> str:
    if name == GIVEN:
        return "predicted against given"
    return f"residual against {columns.words_of(name, level)[0]}"
