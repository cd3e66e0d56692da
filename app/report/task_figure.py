"""The figure of a task that Overview shows, on paper: classes, average precision, tags, or the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from app import loaders, words
from app.report import charts
from app.report.markup import section, table
from app.views.overview import precision, tags

if TYPE_CHECKING:
    from app.views.overview.glance import Overview
    from hem_core.store.level import Level

MOST = 15


def task_figure(level: Level, facts: Overview) -> str:
    """The section of the first figure that the task of a level has."""
    drawn = {
        "classes": lambda: _classes(facts),
        "average precision": lambda: _precision(level),
        "tags": lambda: _tags(level),
        "errors": lambda: _errors(level),
        "predicted against given": lambda: _errors(level),
    }
    name = next((figure for figure in loaders.figures(level) if figure in drawn), "errors")
    return drawn[name]()


def _classes(facts: Overview) -> str:
    whole = facts.classes.sort_values(["errors", "support"], ascending=False)
    shown = whole.head(MOST)
    ends = zip(shown["error_low"], shown["error_high"], shown["support"], strict=True)
    worst = zip(shown["worst_confusion"], shown["worst_confusion_n"], strict=True)
    found = pd.DataFrame(
        {
            "class": shown["label"],
            "n": [f"{n:,}" for n in shown["support"]],
            "errors": [f"{n:,}" for n in shown["errors"]],
            "error": [words.percent(share) for share in shown["error_rate"]],
            "95% interval": [f"{words.percent(low)} to {words.percent(high)}" if n else "–" for low, high, n in ends],
            "in hardest tenth": [words.percent(share) for share in shown["hard_share"]],
            "most confused with": [f"{name} ({n:,})" if n else "–" for name, n in worst],
        }
    )
    if found.empty:
        return ""
    return section("Classes", table(found, ("class", "most confused with")), _first(len(whole), "most errors first"))


def _precision(level: Level) -> str:
    whole = precision.table(level)
    shown = whole.head(MOST)
    found = pd.DataFrame(
        {
            "class": shown["class"],
            "given boxes": [f"{n:,}" for n in shown["given"]],
            "predicted boxes": [f"{n:,}" for n in shown["predicted"]],
            "AP50": [_points(value) for value in shown["ap50"]],
            "AP50–95": [_points(value) for value in shown["ap"]],
        }
    )
    return section("Average precision", table(found, ("class",)), _first(len(whole), "lowest first"))


def _tags(level: Level) -> str:
    whole = tags.table(level)
    shown = whole.head(MOST)
    found = pd.DataFrame(
        {
            "tag": shown["tag"],
            "AP": [_points(value) for value in shown["ap"]],
            "F1": [_points(value) for value in shown["f1"]],
            "given": [f"{n:,}" for n in shown["given"]],
            "predicted": [f"{n:,}" for n in shown["predicted"]],
            "have it": [_points(value) for value in shown["prevalence"]],
        }
    )
    return section("Tags", table(found, ("tag",)), _first(len(whole), "lowest average precision first"))


def _errors(level: Level) -> str:
    found = loaders.columns(level, ("error",))
    if "error" not in found:
        return ""
    about = f"{words.rows(level)}; from 0, right, to 1, wrong"
    return section("Errors", charts.errors(pd.Series(found["error"])), about)


def _first(n: int, order: str) -> str:
    return f"{n:,}, {order}" if n <= MOST else f"the first {MOST} of {n:,}, {order}"


def _points(value: float) -> str:
    return words.percent(None if pd.isna(value) else value / 100)
