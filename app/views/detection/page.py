"""Detection: what a detector gets right, wrong and misses, at the thresholds that the reader chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import loaders, scope, state, widgets, words
from app.views.detection import attributes, curves, error_types, matrix, strata
from app.views.detection.view import HIGHEST_IOU, View, view_of
from hem_core.stats.wilson import wilson
from hem_core.tasks import JudgesBoxes

if TYPE_CHECKING:
    from hem_core.store.level import Level

TITLE = "Detection"
PLACE = 15

CONFIDENCE_HELP = "Predictions below this confidence are ignored. Boxes are rows of this run from {floor:g} on."
IOU_HELP = (
    "The overlap (IoU) from which a prediction of the right class counts as a hit. Below {background:g}, a "
    "prediction is on background."
)


def is_offered(level: Level) -> bool:
    """Whether the tab is there: for a task with boxes."""
    return isinstance(loaders.task(level), JudgesBoxes)


def page() -> None:
    """All figures at the chosen thresholds; only what the sliders change is drawn again when they move."""
    level = scope.level()
    if not is_offered(level) or loaders.boxes(level) is None:
        st.info("This run has no boxes; this page is for object detection.", icon=":material/info:")
        return
    _at_thresholds(level)


@st.fragment
def _at_thresholds(level: Level) -> None:
    view = _thresholds(level)
    _numbers(view)
    _remarks(view)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        error_types.draw(view)
    with right:
        chosen = curves.chosen(view)
        curves.draw(view, chosen)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        matrix.draw(view)
    with right:
        attributes.draw(view)
    curves.table(view)
    strata.draw(view)


def _thresholds(level: Level) -> View:
    """The sliders, and the view that they choose."""
    view = view_of(level)
    scene = view.scene
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.slider(
            "Confidence",
            0.0,
            1.0,
            step=0.01,
            key=state.put("detection_confidence", view.confidence),
            on_change=state.take("detection_confidence", lambda value: view.choose(confidence=value)),
            help=words.plain(CONFIDENCE_HELP.format(floor=scene.floor)),
            width=320,
        )
        st.slider(
            "IoU of a hit",
            round(scene.background, 2),
            HIGHEST_IOU,
            step=0.05,
            key=state.put("detection_iou", view.foreground),
            on_change=state.take("detection_iou", lambda value: view.choose(foreground=value)),
            help=words.plain(IOU_HELP.format(background=scene.background)),
            width=260,
        )
        st.button(
            "As the run",
            disabled=view.is_as_run,
            on_click=lambda: view.choose(scene.floor, scene.foreground),
            help="The thresholds that every other page shows.",
        )
        best = curves.best_confidence(view)
        if best is not None:
            st.button(
                f"Best F1: {best:.2f}",
                disabled=abs(best - view.confidence) < 0.005,
                on_click=lambda: view.choose(confidence=best),
                help="The confidence of the highest F1 at this IoU.",
            )
    return view


def _numbers(view: View) -> None:
    counts = view.judged.counts
    n_predicted, n_given = counts.right + counts.false, counts.right + counts.missed
    cells = st.columns(6)
    for cell, title, number, unit, why in (
        (
            cells[0],
            "Right",
            f"{counts.right:,}",
            "true positives",
            "Given boxes that a prediction of their class hits.",
        ),
        (cells[1], "False positives", f"{counts.false:,}", f"of {n_predicted:,} predicted", error_types.FALSE_HELP),
        (cells[2], "Missed", f"{counts.missed:,}", f"of {n_given:,} given", error_types.MISSED_HELP),
        (
            cells[3],
            "Precision",
            words.percent(counts.precision),
            _interval(counts.right, n_predicted),
            "Share of the predictions that are right, with its 95% Wilson interval.",
        ),
        (
            cells[4],
            "Recall",
            words.percent(counts.recall),
            _interval(counts.right, n_given),
            "Share of the given boxes that are found, with its 95% Wilson interval.",
        ),
        (
            cells[5],
            "F1",
            words.percent(counts.f1),
            f"{view.n_images:,} images",
            "Harmonic mean of precision and recall.",
        ),
    ):
        widgets.number_card(cell, title, number, unit, why)


def _interval(part: int, whole: int) -> str:
    (low,), (high,) = wilson([part], [whole])
    return f"{words.percent(low)} to {words.percent(high)}" if whole else "of none"


def _remarks(view: View) -> None:
    """What the figures are not: rows of Explore below the floor, and a run that has not kept all predictions."""
    scene = view.scene
    if view.confidence < scene.floor and view.is_whole:
        n = int((view.judged.row < 0).sum())
        boxes = words.count(n, "prediction")
        st.caption(
            words.plain(
                f"The confidence is below the floor of this run, {scene.floor:g}. The figures count {boxes} below it "
                "that Explore does not have as rows, so bars and cells open fewer boxes than they count."
            )
        )
    if not view.is_whole:
        st.caption(
            words.plain(
                f"This run stored only boxes of a confidence of {scene.floor:g} or more: below it the sliders find "
                "nothing more, and average precision is computed from these boxes alone."
            )
        )
    if not view.is_as_run:
        st.caption(
            words.plain(
                f"Explore shows each box as the run matched it: IoU {scene.foreground:g}, confidence {scene.floor:g}."
            )
        )
