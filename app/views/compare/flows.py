"""The figures of Compare: a table in, a figure out; no streamlit."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme, words
from app.views.compare.comparison import BINS
from hem_core.store.level_names import EXAMPLES

COLOURS = {
    "fixed": "#2a9d6f",
    "regressed": "#d55e00",
    "still wrong": "#a8634a",
    "newly hard": "#a87614",
    "still right": "#6c8ebf",
}
"""One colour a flow, told apart by every kind of colour vision, in both themes."""

PLACES = {
    "still right": (0.0, 0.65, 1),
    "newly hard": (0.65, 0.35, 1),
    "regressed": (1.0, 1.0, 1),
    "fixed": (0.0, 1.0, 0),
    "still wrong": (1.0, 1.0, 0),
}
"""Where a flow stands in the matrix: left edge, width, row from below; 'newly hard' is a part of right in both."""


def matrix(counts: dict[str, int], chosen: str | None, level_name: str = EXAMPLES) -> go.Figure:
    """Right and wrong before against after; a click on a field gives the flow in its customdata."""
    chart = go.Figure(_fields(counts, chosen, level_name))
    _label_fields(chart, counts, chosen)
    chart.update_xaxes(
        range=[0, 2], tickvals=[0.5, 1.5], ticktext=["right after", "wrong after"], side="top", showgrid=False,
        zeroline=False, fixedrange=True,
    )  # fmt: skip
    chart.update_yaxes(
        range=[0, 2], tickvals=[0.5, 1.5], ticktext=["wrong<br>before", "right<br>before"], showgrid=False,
        zeroline=False, fixedrange=True,
    )  # fmt: skip
    chart.update_layout(
        height=260, margin={"l": 8, "r": 4, "t": 26, "b": 4}, dragmode=False, showlegend=False, clickmode="event+select"
    )
    return chart


def _fields(counts: dict[str, int], chosen: str | None, level_name: str) -> go.Bar:
    """A field for each flow at its place in the matrix; the ones that are not chosen are faint."""
    n = max(1, sum(counts.values()))
    names = list(PLACES)
    left, wide, row = (np.array(part, float) for part in zip(*PLACES.values(), strict=True))
    gap = 0.012
    return go.Bar(
        x=left + wide / 2,
        width=wide - 2 * gap,
        base=row + 2 * gap,
        y=np.full(len(names), 1 - 4 * gap),
        customdata=names,
        marker={
            "color": [COLOURS[name] for name in names],
            "opacity": [1 if chosen in (None, name) else 0.4 for name in names],
            "line": {"width": 0},
            "cornerradius": 4,
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.4}},
        hovertext=[f"{name}: {words.counted(counts[name], level_name)} of {n:,}" for name in names],
        hovertemplate="%{hovertext}<extra>click to look at them</extra>",
    )


def _label_fields(chart: go.Figure, counts: dict[str, int], chosen: str | None) -> None:
    """Write its name, count and share into the middle of each field."""
    n = max(1, sum(counts.values()))
    for name, (left, wide, row) in PLACES.items():
        title = name if name != "newly hard" else "newly<br>hard"
        chart.add_annotation(
            x=left + wide / 2, y=row + 0.5,
            text=f"{title}<br><b>{counts[name]:,}</b><br>{words.percent(counts[name] / n)}",
            showarrow=False, font={"size": 13, **({"color": "#ffffff"} if chosen in (None, name) else {})},
        )  # fmt: skip


def density(table: pd.DataFrame, chosen: str | None, level_name: str = EXAMPLES) -> go.Figure:
    """Difficulty before against after in 40 × 40 bins; a box, lasso or click gives points for `bins_of`.

    table: that of a Comparison, with `bin`; chosen: the flow that stands out, all else grey.
    """
    known = table.loc[table["bin"] >= 0, :]
    is_chosen = (known["flow"] == chosen).to_numpy() if chosen else np.ones(len(known), bool)
    chart = go.Figure()
    side = 100 / BINS
    for mask, name in ((~is_chosen, "others"), (is_chosen, chosen or words.noun(level_name))):
        n = np.bincount(known.loc[mask, "bin"].to_numpy(), minlength=BINS * BINS)
        place = np.flatnonzero(n)
        if not len(place):
            continue
        chart.add_scatter(
            x=(place // BINS + 0.5) * side,
            y=(place % BINS + 0.5) * side,
            mode="markers",
            customdata=n[place].tolist(),
            marker={
                "symbol": "square",
                "size": 7,
                "color": theme.GREY if name == "others" else COLOURS.get(name, theme.RIGHT),
                "opacity": _strength(n[place]) * (0.35 if name == "others" else 1),
                "line": {"width": 0},
            },
            hovertemplate=f"difficulty %{{x:.0f}} before, %{{y:.0f}} after: %{{customdata:,}} {name}<extra></extra>",
        )
    chart.add_shape(type="line", x0=0, y0=0, x1=100, y1=100, line={"color": theme.GREY, "dash": "dot", "width": 1})
    chart.update_xaxes(title="difficulty before, percentile", range=[-1, 101], dtick=25, constrain="domain")
    chart.update_yaxes(title="difficulty after", range=[-1, 101], dtick=25, scaleanchor="x", constrain="domain")
    chart.update_layout(
        height=380, margin={"l": 8, "r": 8, "t": 8, "b": 8}, dragmode="select", showlegend=False, hovermode="closest"
    )
    return chart


def bins_of(points: list[dict]) -> list[int]:
    """The bins of the marks that were chosen in `density`; a point has `x` and `y`."""
    return sorted({int(point["x"] * BINS / 100) * BINS + int(point["y"] * BINS / 100) for point in points})


def _strength(n: np.ndarray) -> np.ndarray:
    """Counts as opacity, .25 .. 1, by their logarithm."""
    return 0.25 + 0.75 * np.log1p(n) / max(1.0, float(np.log1p(n.max())))
