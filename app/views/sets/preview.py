"""A set beside a random one and the plain hardest: tables as people read them, and figures; no streamlit."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from app import theme, words
from app.bars import quiet

if TYPE_CHECKING:
    from hem_core.sets.preview import Preview

ARMS = {"chosen": "this set", "random": "random", "top": "hardest"}
COLOURS = {"chosen": theme.RIGHT, "random": theme.GREY, "top": theme.WRONG}
MEASURES = {
    "mean_difficulty": "Mean difficulty",
    "classes": "Classes",
    "rarest": "Rarest class",
    "coverage": "Coverage of the data",
    "label_errors": "Label errors, expected",
    "suspects": "Suspected, no verdict yet",
    "duplicates": "Near-duplicates",
    "corrected": "Corrected labels",
}
HELP = (
    "All three have the same size; random and hardest are of everything that nobody ruled out. **Rarest class**: the "
    "one with the fewest {} in it. **Coverage**: the share of the whole data set that has one of the set as "
    "near as random's median, so random has 50%. **Label errors, expected**: the sum of the calibrated probabilities; "
    "among the most uncertain there are more. **Near-duplicates**: all but one of each group."
)


def readable(found: "Preview", n_classes: int) -> pd.DataFrame:
    """One row a measure that is known of any of the three, a column for each of the three, in words."""
    numbers = found.table.to_dict("index")
    shown = {
        name: [_cell(measure, numbers[arm], n_classes) for measure in MEASURES]
        for arm, name in ARMS.items()
        if arm in numbers
    }
    table = pd.DataFrame(shown, index=pd.Index(list(MEASURES.values()), name=""))
    return table.loc[(table != "–").any(axis=1), :]


def _cell(measure: str, row: dict[Any, Any], n_classes: int) -> str:
    match measure:
        case "mean_difficulty":
            return _number(row["mean_difficulty"], 1)
        case "classes":
            return f"{row['n_classes']:,} of {n_classes:,}" if n_classes else "–"
        case "rarest":
            return f"{row['rarest_class']}, {words.percent(row['rarest_class_share'])}" if row["rarest_class"] else "–"
        case "coverage":
            return words.percent(row["coverage"])
        case "label_errors":
            errors = row["expected_label_errors"]
            share = words.percent(errors / row["n"], 0)
            return _number(errors, 0) if share == "–" else f"{errors:,.0f} ({share})"
        case "suspects":
            return _number(row["n_suspects"], 0)
        case "duplicates":
            return _number(row["n_duplicates"], 0)
        case _:
            return _number(row["n_corrected"], 0)


def _number(value: float, digits: int) -> str:
    return "–" if pd.isna(value) else f"{value:,.{digits}f}"


def curve(found: "Preview") -> go.Figure:
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
    n, means = int(found.table["n"].iloc[0]), found.table["mean_difficulty"].to_dict()
    for arm in ("random", "top"):
        mean = means.get(arm)
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
    return quiet(chart, height=250)


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
    return quiet(chart, height=190)


def _arm(arm: str) -> str:
    base, plus, added = arm.partition(" + ")
    return f"base + {ARMS.get(added, added)}" if plus else base
