"""A set beside a random one and the plain hardest: tables as people read them, and figures; no streamlit."""

import pandas as pd
import plotly.graph_objects as go

from app import theme, words
from hem_core.engine.select import Preview

ARMS = {"chosen": "this set", "random": "random", "top": "plain hardest"}
COLOURS = {"chosen": theme.RIGHT, "random": theme.GREY, "top": theme.WRONG}
MEASURES = {
    "mean_difficulty": "Mean difficulty, percentile",
    "classes": "Classes",
    "rarest": "Rarest class",
    "coverage": "Coverage of the data",
    "label_errors": "Label errors, expected",
    "suspects": "Suspected labels, not reviewed",
    "duplicates": "Near-duplicates",
    "corrected": "Corrected labels",
}
HELP = (
    "All three have the same size and come from the same candidates. **Rarest class**: the one that has the fewest "
    "examples in it. **Coverage**: the share of the whole data set with an example of the set as near as random's "
    "median, so random has 50%. **Label errors, expected**: the sum of the calibrated probabilities; among the most "
    "uncertain examples there are more. **Near-duplicates**: all but one of each group."
)


def readable(found: Preview, n_classes: int) -> pd.DataFrame:
    """One row a measure that is known of any of the three, a column for each of the three, in words."""
    shown = {
        ARMS[arm]: [_cell(measure, found.table.loc[arm], n_classes) for measure in MEASURES]
        for arm in ARMS
        if arm in found.table.index
    }
    table = pd.DataFrame(shown, index=pd.Index(list(MEASURES.values()), name=""))
    return table.loc[(table != "–").any(axis=1), :]


def _cell(measure: str, row: pd.Series, n_classes: int) -> str:
    n = int(row["n"])
    match measure:
        case "mean_difficulty":
            return _number(row.get("mean_difficulty"), 1)
        case "classes":
            return "–" if pd.isna(row.get("n_classes")) else f"{int(row['n_classes']):,} of {n_classes:,}"
        case "rarest":
            share, name = row.get("rarest_class_share"), row.get("rarest_class")
            return "–" if pd.isna(share) else f"{name}, {words.percent(share)}"
        case "coverage":
            return words.percent(row.get("coverage"))
        case "label_errors":
            value = row.get("expected_label_errors")
            return "–" if pd.isna(value) else f"{value:,.0f} ({words.percent(value / max(1, n), 0)})"
        case "suspects":
            return _number(row.get("n_suspects"), 0)
        case "duplicates":
            return _number(row.get("n_duplicates"), 0)
        case _:
            return _number(row.get("n_corrected"), 0)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:,.{digits}f}"


def curve(found: Preview) -> go.Figure:
    """Mean difficulty of the first n chosen, over n, beside the means of a random set and the plain hardest."""
    chart = go.Figure(
        go.Scatter(
            x=found.curve["n"],
            y=found.curve["mean_difficulty"],
            mode="lines",
            name=ARMS["chosen"],
            line={"color": COLOURS["chosen"], "width": 2.5},
            hovertemplate="first %{x:,}: %{y:.1f}<extra></extra>",
        )
    )
    n = float(found.curve["n"].max())
    for arm in ("random", "top"):
        mean = found.table["mean_difficulty"].get(arm)
        if mean is not None and not pd.isna(mean):
            chart.add_scatter(
                x=[0, n],
                y=[mean, mean],
                mode="lines",
                name=ARMS[arm],
                line={"color": COLOURS[arm], "dash": "dot", "width": 1.6},
                hovertemplate=f"{ARMS[arm]}: {mean:.1f}<extra></extra>",
            )
    chart.update_xaxes(title="first n chosen", tickformat=",", rangemode="tozero", nticks=5)
    chart.update_yaxes(title="mean difficulty")
    return _quiet(chart, 250)


def accuracies(table: pd.DataFrame) -> go.Figure:
    """The probe's accuracy with each training set; table: arm, n, accuracy, low, high (0 .. 1)."""
    value = 100 * table["accuracy"]
    colours = [COLOURS.get(str(arm).rpartition(" ")[2], "#6b7480") for arm in table["arm"]]
    chart = go.Figure(
        go.Scatter(
            x=value,
            y=[_arm(str(arm)) for arm in table["arm"]],
            mode="markers",
            marker={"color": colours, "size": 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": 100 * table["high"] - value,
                "arrayminus": value - 100 * table["low"],
                "thickness": 1.4,
                "color": theme.GREY,
            },
            customdata=table["n"],
            hovertemplate="%{y}: %{x:.1f}%, trained on %{customdata:,}<extra></extra>",
        )
    )
    chart.update_xaxes(title="accuracy of the probe, %", ticksuffix="%", nticks=6)
    chart.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=6)
    return _quiet(chart, 190)


def _arm(arm: str) -> str:
    base, plus, added = arm.partition(" + ")
    return f"base + {ARMS.get(added, added)}" if plus else base


def _quiet(chart: go.Figure, height: int) -> go.Figure:
    chart.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        dragmode=False,
    )
    chart.update_xaxes(fixedrange=True, automargin=True)
    return chart.update_yaxes(fixedrange=True, automargin=True)
