"""The figures of boxes: tables and arrays in, a figure out; no streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import bars, theme, words
from hem_core.boxes.curves import Curve

LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's colours, which all kinds of colour vision tell apart."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
CELL_PX = 26
MOST_NUMBERS = 30
"""Classes up to which the numbers are written into a matrix."""


def error_types(table: pd.DataFrame) -> go.Figure:
    """Number and cost of each type; table: type, meaning, n, cost (points of mAP)."""
    text = [f"{n:,} · {cost:.1f} pts" for n, cost in zip(table["n"], table["cost"], strict=True)]
    chart = go.Figure(
        go.Bar(
            x=table["n"],
            y=table["type"],
            orientation="h",
            marker_color=[_MISSED if name == "Missed" else theme.WRONG for name in table["type"]],
            text=text,
            textposition="outside",
            cliponaxis=False,
            customdata=table[["meaning", "cost"]],
            hovertemplate="%{y}: %{customdata[0]}<br>%{x:,} boxes, costs %{customdata[1]:.2f} points of mAP"
            "<extra>click to explore</extra>",
        )
    )
    chart.update_xaxes(visible=False, range=[0, 1.45 * max(1, table["n"].max())])
    chart.update_yaxes(autorange="reversed", ticklabelstandoff=6)
    return bars.quiet(chart, height=270)


_MISSED = "#b58900"


def precision_recall(lines: Mapping[str, Curve], marks: Mapping[str, tuple[float, float] | None]) -> go.Figure:
    """Precision against recall of some classes, with the chosen confidence marked."""
    chart = go.Figure()
    for at, (name, line) in enumerate(lines.items()):
        colour, title = LINES[at % len(LINES)], f"{words.in_figure(name)} ({int(line.n_given):,})"
        chart.add_scatter(
            x=line.recall,
            y=line.precision,
            mode="lines",
            name=title,
            line={"color": colour, "dash": DASHES[at % len(DASHES)], "width": 2},
            customdata=line.confidence,
            hovertemplate="confidence %{customdata:.2f}: precision %{y:.1%}, recall %{x:.1%}"
            "<extra>%{fullData.name}</extra>",
        )
        mark = marks.get(name)
        if mark is not None:
            chart.add_scatter(
                x=[mark[0]],
                y=[mark[1]],
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 11, "line": {"color": "white", "width": 2}},
                hovertemplate="chosen: precision %{y:.1%}, recall %{x:.1%}<extra></extra>",
            )
    chart.update_xaxes(title="recall", range=[0, 1.01], tickformat=".0%")
    chart.update_yaxes(title="precision", range=[0, 1.02], tickformat=".0%")
    return bars.quiet(chart, height=300)


def by_confidence(line: Curve, confidence: float) -> go.Figure:
    """Precision, recall and F1 of one class against the confidence, with the chosen one marked."""
    chart = go.Figure()
    for at, (name, value) in enumerate((("precision", line.precision), ("recall", line.recall), ("F1", line.f1))):
        chart.add_scatter(
            x=line.confidence,
            y=value,
            mode="lines",
            name=name,
            line={"color": LINES[at], "dash": DASHES[at], "width": 2},
            hovertemplate="confidence %{x:.2f}: %{y:.1%}<extra>" + name + "</extra>",
        )
    chart.add_vline(x=confidence, line={"color": theme.GREY, "dash": "dot", "width": 1.5})
    chart.update_xaxes(title="confidence", range=[0, 1])
    chart.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return bars.quiet(chart, height=270)


def confusion(found: np.ndarray, names: Sequence[str], mislocated: np.ndarray, *, is_dark: bool = False) -> go.Figure:
    """found (C, C) counts, given by predicted; names (C,), the last one is "none"; mislocated (C,) of the diagonal."""
    size = len(names)
    share = found / np.maximum(found.sum(axis=1, keepdims=True), 1)
    right = np.eye(size, dtype=bool)
    chart = go.Figure()
    for mask, colour in ((right, theme.RIGHT), (~right, theme.WRONG)):
        z = np.where(mask & (found > 0), share, np.nan)
        chart.add_heatmap(
            z=z, zmin=0, zmax=1, colorscale=_shades(colour), showscale=False, xgap=1, ygap=1, hoverinfo="skip"
        )
    labels = [words.in_figure(name) for name in names]
    _clickable_cells(chart, found, labels, mislocated, "#f2f4f7" if is_dark else "#101418")
    ticks = {"tickmode": "array", "tickvals": list(range(size)), "ticktext": labels, "ticklabeloverflow": "allow"}
    plain = {"showgrid": False, "zeroline": False}
    angle = -90 if size > 8 else 0
    chart.update_xaxes(title="predicted", side="top", range=[-0.5, size - 0.5], tickangle=angle, **ticks, **plain)
    chart.update_yaxes(title="given", range=[size - 0.5, -0.5], **ticks, **plain)
    chart.update_layout(hoverdistance=CELL_PX)
    chart.add_hline(y=size - 1.5, line={"color": theme.GREY, "width": 1})
    chart.add_vline(x=size - 1.5, line={"color": theme.GREY, "width": 1})
    return bars.quiet(chart, height=150 + CELL_PX * size)


def _clickable_cells(
    chart: go.Figure, found: np.ndarray, labels: Sequence[str], mislocated: np.ndarray, text_colour: str
) -> None:
    """A clear mark over each cell, which can be hovered over and clicked as a heatmap cannot, and its number."""
    size = len(labels)
    share = found / np.maximum(found.sum(axis=1, keepdims=True), 1)
    rows, columns = np.divmod(np.arange(size * size), size)
    places = list(zip(rows.tolist(), columns.tolist(), strict=True))
    chart.add_scatter(
        x=columns,
        y=rows,
        mode="markers+text" if size <= MOST_NUMBERS else "markers",
        marker={"symbol": "square", "size": CELL_PX - 6, "opacity": 0},
        text=[f"{n:,}" if n else "" for n in found.ravel()],
        textfont={"size": 11, "color": text_colour},
        customdata=[
            [i, j, f"{found[i, j]:,}", words.percent(float(share[i, j])), _off(int(mislocated[i]), i == j < size - 1)]
            for i, j in places
        ],
        hovertemplate=[
            f"given {labels[i]}, predicted {labels[j]}: %{{customdata[2]}}, %{{customdata[3]}} of the row"
            "%{customdata[4]}<extra></extra>"
            for i, j in places
        ],
        showlegend=False,
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )


def rates(table: pd.DataFrame, kind: str, whole: float) -> go.Figure:
    """Miss rate or precision of each bucket with its interval; table: of boxes.buckets.rates, with `name`.

    kind: "miss" or "precision"; whole: over all boxes, 0 .. 1.
    """
    rate = 100 * table["miss_rate" if kind == "miss" else "precision"]
    n = table["n_given" if kind == "miss" else "n_predicted"]
    low, high = 100 * table[f"{kind}_low"], 100 * table[f"{kind}_high"]
    title = "miss rate, % of the given boxes" if kind == "miss" else "precision, % of the predictions"
    chart = go.Figure(
        go.Bar(
            x=rate,
            y=[words.in_figure(name) for name in table["name"]],
            orientation="h",
            marker_color=_MISSED if kind == "miss" else theme.RIGHT,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (high - rate).clip(lower=0),
                "arrayminus": (rate - low).clip(lower=0),
                "thickness": 1.4,
                "color": theme.GREY,
            },
            customdata=np.stack([n, low, high], axis=1),
            hovertemplate="%{y}: %{x:.1f}% of %{customdata[0]:,} (%{customdata[1]:.1f} to %{customdata[2]:.1f})"
            "<extra>click to explore the errors</extra>",
        )
    )
    for place, (value, count) in enumerate(zip(rate, n, strict=True)):
        text = f"{value:.0f}% of {count:,}" if count else "none"
        chart.add_annotation(
            x=1.0, xref="paper", y=place, text=text, showarrow=False, xanchor="right", font={"size": 11}
        )
    if np.isfinite(whole):
        chart.add_vline(x=100 * whole, line={"color": theme.GREY, "dash": "dot", "width": 1.5})
    chart.update_xaxes(title=title, range=[0, 125], tickvals=[0, 20, 40, 60, 80, 100])
    chart.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=6)
    return bars.quiet(chart, height=max(200, 90 + 28 * len(table)))


def _shades(colour: str) -> list[list[object]]:
    """From nearly clear to the colour: it suits a light and a dark page."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return [[0, f"rgba({red},{green},{blue},0.12)"], [1, f"rgba({red},{green},{blue},0.95)"]]


def _off(n: int, is_diagonal: bool) -> str:
    return f"; {n:,} of them in a wrong place" if n and is_diagonal else ""
