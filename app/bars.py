"""Bar figures: a table in, a figure out; no streamlit."""

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme, words
from app.wire import distribution
from app.wire.distribution import Headline, counted, is_skewed
from hem_core.store.definitions import WRONG

HEIGHT_PX = 250
LONGEST_NAME = 40
"""Characters of a name beside a figure."""


def histogram(table: pd.DataFrame, headline: Headline, *, rows: str = "examples") -> go.Figure:
    """How many rows in each bin of a run's headline column, split by whether the column `error` says wrong.

    rows: what the rows are called, as on the vertical axis. Where one bin dwarfs the others the counts stand on a
    logarithmic axis, right and wrong side by side.
    """
    borders, *counts = counted(table, headline)
    titles = [(f"{low:.3g}", f"{high:.3g}") for low, high in pairwise(borders)]
    if headline.is_log:
        titles[0] = ("0", titles[0][1])
    is_pressed = is_skewed(counts[0] + counts[1])
    places = np.linspace(borders[:-1], borders[1:], 5)[1::2]  # a quarter and three quarters into each bin
    middle = np.sqrt(borders[:-1] * borders[1:]) if headline.is_log else (borders[:-1] + borders[1:]) / 2
    chart = go.Figure()
    for n, place, outcome, colour in zip(counts, places, ("right", "wrong"), (theme.RIGHT, theme.WRONG), strict=True):
        chart.add_bar(
            x=place if is_pressed else middle,
            y=n,
            width=np.diff(borders) * (0.46 if is_pressed else 0.92),
            name=f"predicted {outcome}",
            marker_color=colour,
            customdata=titles,
            hovertemplate="%{customdata[0]} to %{customdata[1]}: %{y:,} " + outcome + "<extra></extra>",
        )
    title = f"{headline.title} ({headline.unit})" if headline.unit not in headline.title else headline.title
    if headline.is_log:
        span = [float(np.log10(borders[0])), float(np.log10(borders[-1]))]
        chart.update_xaxes(type="log", range=span, dtick=1, exponentformat="power", title=f"{title}, log axis")
    else:
        chart.update_xaxes(title=title, range=[float(borders[0]), float(borders[-1])])
    chart.update_yaxes(title=rows, tickformat=",")
    if is_pressed:  # bars on a logarithmic axis cannot be stacked
        top = float(np.log10(max(2, *counts[0], *counts[1])))
        chart.update_yaxes(type="log", title=f"{rows}, log axis", dtick=1, range=[-0.3, top * 1.05])
    return quiet(chart.update_layout(barmode="overlay" if is_pressed else "stack"))


def errors(values: pd.Series, *, rows: str = "examples") -> go.Figure:
    """How many rows have each error, 0 right .. 1 wrong; values (N,), without missing ones. rows: their name."""
    borders, n = distribution.errors(values)
    middle = (borders[:-1] + borders[1:]) / 2
    chart = go.Figure(
        go.Bar(
            x=middle,
            y=n,
            width=0.92 / len(n),
            marker_color=[theme.WRONG if place >= WRONG else theme.RIGHT for place in middle],
            customdata=[(f"{low:.2f}", f"{high:.2f}") for low, high in pairwise(borders)],
            hovertemplate="error %{customdata[0]} to %{customdata[1]}: %{y:,}<extra></extra>",
        )
    )
    chart.update_xaxes(title="error, 0 right to 1 wrong", range=[0, 1])
    chart.update_yaxes(title=rows, tickformat=",")
    return quiet(chart)


def reasons(counts: pd.Series, *, height: int = HEIGHT_PX, is_grey: bool = False, rows: str = "examples") -> go.Figure:
    """How many rows have each reason; counts is indexed by reason, in the order from top to bottom.

    is_grey: without the colours of the reasons, because they are not to be trusted. 'unsure' is hatched. rows: what
    the rows are called.
    """
    share = counts / max(1, counts.sum())
    chart = go.Figure(
        go.Bar(
            x=counts,
            y=counts.index,
            orientation="h",
            marker_color=[theme.reason_colours(is_grey).get(str(name), theme.GREY) for name in counts.index],
            marker_pattern_shape=["/" if name == "unsure" else "" for name in counts.index],
            text=[f"{n:,} · {words.percent(part)}" for n, part in zip(counts, share, strict=True)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,} " + rows + "<extra>click to explore</extra>",
        )
    )
    chart.update_xaxes(visible=False, range=[0, 1.3 * max(1, counts.max() if len(counts) else 1)])
    shown = [str(name).replace("_", " ") for name in counts.index]
    chart.update_yaxes(autorange="reversed", ticklabelstandoff=6, tickvals=list(counts.index), ticktext=shown)
    return quiet(chart, height=height)


def intervals(table: pd.DataFrame, whole: float) -> go.Figure:
    """Error rates with their intervals beside that of the whole; table: name, n, error_rate, low, high (0 .. 1)."""
    rate, names = 100 * table["error_rate"], [words.in_figure(name) for name in table["name"]]
    short = [words.in_figure(_begin(str(name))) for name in table["name"]]
    chart = go.Figure(
        go.Scatter(
            x=rate,
            y=names,
            mode="markers",
            marker={"color": theme.WRONG, "size": 8},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": 100 * table["high"] - rate,
                "arrayminus": rate - 100 * table["low"],
                "thickness": 1.4,
                "color": theme.WRONG,
            },
            customdata=table["n"],
            hovertemplate="%{y}: %{x:.1f}% of %{customdata:,}<extra>click to explore</extra>",
        )
    )
    chart.add_vline(x=100 * whole, line={"color": theme.GREY, "dash": "dot", "width": 1.5})
    chart.update_xaxes(title="error, %", ticksuffix="%", rangemode="tozero")
    chart.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=6, tickvals=names, ticktext=short)
    return quiet(chart, height=max(HEIGHT_PX, 70 + 28 * len(table)))


def _begin(name: str) -> str:
    """A name beside a figure, cut where it would leave the figure no room."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def shares(table: pd.DataFrame, *, rows: str = "examples") -> go.Figure:
    """The classes of a set beside those of the whole data set.

    table: `label`, `n`, `share`, `n_whole`, `share_whole` (shares in 0 .. 1). rows: what the rows are called.
    """
    names = [words.in_figure(label) for label in table["label"]]
    chart = go.Figure()
    for key, name, colour in (("", "this set", theme.RIGHT), ("_whole", "whole data set", "#b4bcc8")):
        chart.add_bar(
            x=100 * table[f"share{key}"],
            y=names,
            orientation="h",
            name=name,
            marker_color=colour,
            customdata=table[f"n{key}"],
            hovertemplate="%{y}: %{customdata:,} (%{x:.1f}% of " + name + ")<extra></extra>",
        )
    chart.update_xaxes(title=f"share of the {rows}, %", ticksuffix="%", rangemode="tozero")
    chart.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=6)
    chart.update_layout(barmode="group", legend_traceorder="normal")
    return quiet(chart, height=max(HEIGHT_PX, 60 + 26 * len(table)))


def quiet(chart: go.Figure, *, height: int = HEIGHT_PX) -> go.Figure:
    """The chart, `height` px high, with the margins and the legend of every figure of the app, and no zoom."""
    chart.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        bargap=0.25,
        dragmode=False,
    )
    chart.update_xaxes(fixedrange=True, automargin=True)
    return chart.update_yaxes(fixedrange=True, automargin=True)
