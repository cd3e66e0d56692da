"""The numbers that a run predicted against those that were given, and its residuals against any column."""

import streamlit as st

from app import loaders, scatter, state, widgets, words
from app.wire import columns
from hem_core.store.level import Level
from hem_core.tasks import HasSeveralNumbers

GIVEN = "given_value"
AGAINST = "against"
"""The column of the drawn table that stands on the x axis."""


def draw(level: Level) -> None:
    """The figure, with a choice of what stands on its x axis and, of several numbers, of the number that is drawn; a
    click on a point opens it in Review."""
    outputs = outputs_of(level)
    if not set(_columns_of(level, outputs[0] if outputs else "").values()) <= set(level.source.columns):
        st.caption("This run does not have the numbers that were given and predicted.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Predicted and given** · {words.rows(level)}",
            help="The grey band is twice the usual residual there; predictions outside it count as wrong. "
            "Against another column than the given value the residual is shown.",
            width="content",
        )
        output = _chosen_output(outputs)
        drawn = _columns_of(level, output)
        chosen = st.selectbox(
            "against",
            _choices(level, drawn),
            key="residuals_against",
            label_visibility="collapsed",
            width=260,
            format_func=lambda name: _against(name, level),
        )
    _figure(level, drawn, chosen, output)


def outputs_of(level: Level) -> tuple[str, ...]:
    """The names of the numbers of each example; () where it has one."""
    task = loaders.task(level)
    return tuple(task.output_names) if isinstance(task, HasSeveralNumbers) else ()


def _columns_of(level: Level, output: str) -> dict[str, str]:
    """What the figure needs -> the column of the level that holds it."""
    task = loaders.task(level)
    if not output or not isinstance(task, HasSeveralNumbers):
        return {name: name for name in scatter.POINTS}
    own = task.number_columns(output)
    return {name: own.get(name, name) for name in (*scatter.POINTS, "residual_ratio")}


def _chosen_output(outputs: tuple[str, ...]) -> str:
    if not outputs:
        return ""
    chosen = st.selectbox("number", outputs, key="residuals_of", label_visibility="collapsed", width=180)
    return str(chosen or outputs[0])


def _choices(level: Level, drawn: dict[str, str]) -> list[str]:
    """Columns of numbers for the x axis, the given value first."""
    numbers = {name for name, kind in level.columns().items() if kind == "number"}
    return [GIVEN, *sorted(numbers - {"row", drawn["residual"], drawn[GIVEN]})]


def _figure(level: Level, drawn: dict[str, str], chosen: str, output: str) -> None:
    column = drawn[GIVEN] if chosen == GIVEN else chosen
    found = loaders.columns(level, tuple(dict.fromkeys((*drawn.values(), column))))
    table = found.loc[:, list(drawn.values())].set_axis(list(drawn), axis=1).assign(**{AGAINST: found[column]})
    if output:
        table = table.loc[table["residual"].notna(), :].assign(
            error=lambda part: scatter.error_of(part["residual_ratio"])
        )
    shown = scatter.drawn(table)
    title = columns.words_of(chosen, level)[0]
    chart = (
        scatter.predicted_against_given(shown) if chosen == GIVEN else scatter.residual_against(shown, AGAINST, title)
    )
    points = widgets.figure(chart, f"{level.run}-{output}-{chosen}", key=f"residuals_{output}_{chosen}", on_select=True)
    if len(shown) < len(table):
        st.caption(f"{len(shown):,} of {len(table):,} are drawn: the most wrong, and a sample of the others.")
    if points and points[0].get("customdata"):
        state.remember("review_id", str(points[0]["customdata"][0]))
        state.go("review")


def _against(name: str, level: Level) -> str:
    if name == GIVEN:
        return "predicted against given"
    return f"residual against {columns.words_of(name, level)[0]}"
