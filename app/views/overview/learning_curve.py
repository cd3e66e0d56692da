"""The learning curve of a run as a figure: what was measured, the law through it, and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from app import bars, theme

if TYPE_CHECKING:
    from hem_core.advise import Curve, ErrorParts, Fitted

BAND = "rgba(108, 142, 191, .22)"


def figure(curve: Curve, parts: ErrorParts | None) -> go.Figure:
    """Error in % by the number of training examples, on a logarithmic axis; dashed beyond what was measured."""
    chart = go.Figure()
    if curve.fitted is not None:
        _fit(chart, curve.fitted, curve.sizes[-1])
    error = 100 * np.array(curve.error)
    chart.add_scatter(
        x=curve.sizes,
        y=error,
        mode="markers",
        name="measured",
        marker={"color": theme.WRONG, "size": 8},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": 100 * np.array(curve.high) - error,
            "arrayminus": error - 100 * np.array(curve.low),
            "thickness": 1.4,
            "color": theme.WRONG,
        },
        hovertemplate="%{x:,} examples: %{y:.1f}% wrong<extra></extra>",
    )
    if parts is not None and parts.irreducible is not None:
        chart.add_hline(y=100 * parts.irreducible.value, line={"color": theme.GREY, "dash": "dot", "width": 1.5})
    ticks = [*curve.sizes, 2 * curve.sizes[-1], 4 * curve.sizes[-1]]
    chart.update_xaxes(title="training examples, log axis", type="log", tickvals=ticks, tickformat=",")
    chart.update_yaxes(title="held-out error, %", ticksuffix="%", rangemode="tozero")
    return bars.quiet(chart)


def _fit(chart: go.Figure, fitted: Fitted, last: int) -> None:
    """The band, the law within what was measured, and beyond it."""
    sizes, error = np.array(fitted.sizes), 100 * np.array(fitted.error)
    low, high = 100 * np.array(fitted.low), 100 * np.array(fitted.high)
    chart.add_scatter(
        x=np.r_[sizes, sizes[::-1]],
        y=np.r_[high, low[::-1]],
        fill="toself",
        fillcolor=BAND,
        line={"width": 0},
        hoverinfo="skip",
        name="95% interval",
    )
    within = sizes <= last
    beyond = sizes >= sizes[within].max(initial=sizes[0])
    for rows, name, dash in ((within, "power law", "solid"), (beyond, "continued", "dash")):
        chart.add_scatter(
            x=sizes[rows],
            y=error[rows],
            mode="lines",
            name=name,
            line={"color": theme.RIGHT, "dash": dash, "width": 2},
            hovertemplate="%{x:,} examples: %{y:.1f}% wrong<extra>fitted</extra>",
        )
