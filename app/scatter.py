"""Figures of predicted numbers: a table in, a figure out; no streamlit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.bars import quiet
from hem_core.store.definitions import WRONG

MOST_POINTS = 4_000
"""More points are a cloud, and slow: of more rows a sample is drawn, the same one every time."""
BANDS = 24
HEIGHT_PX = 380
FAR = 2.0
"""Times the usual residual from which a prediction counts as wrong."""
POINTS = ("id", "given_value", "predicted_value", "residual", "residual_scale", "error")


def drawn(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that a figure shows: all of few; of many every wrong one up to half of MOST_POINTS, and a sample."""
    if len(table) <= MOST_POINTS:
        return table
    wrong = table.loc[table["error"] >= WRONG, :]
    wrong = wrong.nlargest(MOST_POINTS // 2, "error")
    rest = table.drop(wrong.index)
    return pd.concat([wrong, rest.sample(MOST_POINTS - len(wrong), random_state=0)]).sort_index()


def error_of(ratio: pd.Series) -> pd.Series:
    """The `error` of one of several numbers, 0 .. 1, from its residual over the usual one."""
    return ratio / (ratio + FAR)


def predicted_against_given(table: pd.DataFrame) -> go.Figure:
    """Predicted over given, with the band in which a prediction counts as right; table: the columns of POINTS."""
    chart = _points(table, "given_value", "predicted_value")
    _band(chart, table, "given_value", is_diagonal=True)
    chart.update_xaxes(title="given")
    chart.update_yaxes(title="predicted")
    return chart


def residual_against(table: pd.DataFrame, column: str, title: str) -> go.Figure:
    """Given less predicted over a column of numbers, with the band in which it counts as right."""
    chart = _points(table, column, "residual")
    _band(chart, table, column, is_diagonal=False)
    chart.update_xaxes(title=title)
    chart.update_yaxes(title="residual, given − predicted")
    return chart


def _points(table: pd.DataFrame, x: str, y: str) -> go.Figure:
    chart = go.Figure()
    is_wrong = (table["error"] >= WRONG).to_numpy()
    for name, mask, colour in (("right", ~is_wrong, theme.RIGHT), ("wrong", is_wrong, theme.WRONG)):
        part = table.loc[mask, :]
        chart.add_scattergl(
            x=part[x],
            y=part[y],
            mode="markers",
            name=f"predicted {name}",
            marker={"color": colour, "size": 5, "opacity": 0.65},
            customdata=part[["id", "given_value", "predicted_value", "residual_scale"]].to_numpy(object),
            hovertemplate="%{customdata[0]}<br>given %{customdata[1]:.4g}, predicted %{customdata[2]:.4g} ± "
            "%{customdata[3]:.2g}<extra>click to review</extra>",
        )
    return quiet(chart, height=HEIGHT_PX)


def _band(chart: go.Figure, table: pd.DataFrame, x: str, *, is_diagonal: bool) -> None:
    """A line where given and predicted are equal, and twice the usual residual to both sides of it."""
    known = table.loc[table[x].notna(), [x, "residual_scale"]].sort_values(x)
    if known.empty:
        return
    parts = np.array_split(np.arange(len(known)), min(BANDS, len(known)))
    at = np.array([known[x].iloc[part].median() for part in parts])
    usual = FAR * np.array([known["residual_scale"].iloc[part].median() for part in parts])
    at = np.concatenate([known[x].iloc[[0]], at, known[x].iloc[[-1]]]).astype(float)
    usual = np.concatenate([usual[:1], usual, usual[-1:]])
    middle = at if is_diagonal else np.zeros(len(at))
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    chart.add_scatter(x=at, y=middle - usual, **edge)
    chart.add_scatter(
        x=at,
        y=middle + usual,
        fill="tonexty",
        fillcolor="rgba(128,138,150,.18)",
        **{**edge, "showlegend": True},
        name="within twice the usual residual",
    )
    chart.add_scatter(
        x=at[[0, -1]],
        y=middle[[0, -1]],
        mode="lines",
        line={"color": theme.GREY, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
