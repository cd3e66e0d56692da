"""Precision and recall over all confidences, and every class at the chosen thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app import loaders, widgets, words
from app.views.detection import figures, settings
from hem_core.boxes.curves import Curve, thinned

if TYPE_CHECKING:
    from app.views.detection.view import View

ALL = "all classes"
MOST_CURVES = 6
AXES = ("precision – recall", "by confidence")
TABLE_HELP = (
    "Precision and recall at the chosen thresholds; COCO's average precision over all confidences: AP50 at an IoU of "
    ".5, AP75 at .75, AP50–95 the mean over .5 to .95. A class without a given box has none. Click a heading to sort, "
    "tick a class to explore its boxes."
)


def best_confidence(view: View) -> float | None:
    """The confidence of the highest F1, rounded down to a step of the slider; None without a prediction or a box."""
    line = _curve(view, None)
    if not len(line.confidence) or not line.n_given:
        return None
    return float(np.floor(100 * line.confidence[int(line.f1.argmax())] + 1e-9) / 100)


def chosen(view: View) -> list[str]:
    """The choice of the curves: all classes together, and some of them."""
    given = np.bincount(view.scene.given.label, minlength=len(view.scene.classes))
    names = [view.scene.classes[k] for k in np.argsort(-given, kind="stable") if given[k]]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Precision and recall** · IoU {view.foreground:.2f}",
            help="Each point of a curve is a confidence; the marks are at the chosen one.",
            width="content",
        )
        return st.multiselect(
            "Curves",
            [ALL, *names],
            max_selections=MOST_CURVES,
            label_visibility="collapsed",
            placeholder="which curves",
            key=settings.key("curves", settings.some("curves", [ALL, *names], MOST_CURVES, [ALL])),
            on_change=settings.changed("curves", [ALL]),
        )


def draw(view: View, names: list[str]) -> None:
    """Precision against recall, and both against the confidence."""
    label = {name: at for at, name in enumerate(view.scene.classes)}
    lines = {name: _curve(view, label.get(name)) for name in names or [ALL]}
    shape = st.segmented_control(
        "Axes",
        AXES,
        label_visibility="collapsed",
        required=True,
        key=settings.key("axes", settings.one("axes", AXES)),
        on_change=settings.changed("axes", AXES[0]),
    )
    drawn = {name: thinned(line) for name, line in lines.items()}
    if shape == AXES[1]:
        chart = figures.by_confidence(next(iter(drawn.values())), view.confidence)
        st.caption(words.plain(f"{next(iter(drawn))}, {int(next(iter(lines.values())).n_given):,} given boxes"))
    else:
        chart = figures.precision_recall(drawn, {name: _at(line, view.confidence) for name, line in lines.items()})
    widgets.figure(chart, f"{view.run}-{shape}", key="curves")


def table(view: View) -> None:
    """Every class at these thresholds and its average precision; a tick leads to its boxes."""
    found = by_class(view)
    ap = loaders.box_precision(view.boxes)
    means = f"mAP50 {words.percent(ap.at(0.5))}, mAP75 {words.percent(ap.at(0.75))}, mAP50–95 {words.percent(ap.at())}"
    st.markdown(f"**Classes** · {len(found):,} given or predicted · {words.plain(means)}", help=TABLE_HELP)
    number = st.column_config.NumberColumn
    share = {name: number(title, format="%.1f") for name, title in SHARES.items()}
    columns = {
        "class": st.column_config.TextColumn("class"),
        "given": number("given boxes", format="localized"),
        "predicted": number("predicted", help="At the chosen confidence.", format="localized"),
        "right": number("right", format="localized"),
        **share,
    }
    row = widgets.ticked_row(found, "detection_classes", most_in_full=12, height=420, column_config=columns)
    if row is not None:
        name = str(found["class"].iloc[row])
        k = view.scene.classes.index(name)
        given, predicted = view.judged.classes
        view.explore(
            (given == k) | ((given == len(view.scene.classes)) & (predicted == k)), [{"column": "label", "in": [name]}]
        )


SHARES = {"precision": "precision, %", "recall": "recall, %", "ap50": "AP50, %", "ap75": "AP75, %", "ap": "AP50–95, %"}


def by_class(view: View) -> pd.DataFrame:
    """One row a class that is given or predicted, the lowest AP50 first; shares in %, missing where there is none."""
    judged, k = view.judged, len(view.scene.classes)
    given_class, predicted_class = judged.classes
    given = np.bincount(given_class, minlength=k + 1)[:k]
    predicted = np.bincount(predicted_class, minlength=k + 1)[:k]
    right = np.bincount(given_class[judged.is_right], minlength=k + 1)[:k]
    ap = loaders.box_precision(view.boxes)
    shares = {
        "precision": _percent(right, predicted),
        "recall": _percent(right, given),
        "ap50": 100 * ap.by_class(0.5),
        "ap75": 100 * ap.by_class(0.75),
        "ap": 100 * ap.by_class(),
    }
    columns = {"class": view.scene.classes, "given": given, "predicted": predicted, "right": right, **shares}
    occurs = (given > 0) | (np.bincount(view.scene.predicted.label, minlength=k)[:k] > 0)
    found = pd.DataFrame({name: np.asarray(values)[occurs] for name, values in columns.items()})
    return found.sort_values(["ap50", "class"], na_position="last").reset_index(drop=True)


def _percent(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return 100 * np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _curve(view: View, label: int | None) -> Curve:
    return loaders.judged(view.boxes, 0.0, view.foreground).curve(label)


def _at(line: Curve, confidence: float) -> tuple[float, float] | None:
    """Recall and precision at a confidence; None above the highest."""
    kept = np.flatnonzero(line.confidence >= confidence)
    return (float(line.recall[kept[-1]]), float(line.precision[kept[-1]])) if len(kept) else None
