"""The level `boxes`: why each hypothesis is hard, and the evidence in words that are true of the row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from hem_core.boxes.error_types import RIGHT
from hem_core.boxes.hypotheses import Hypotheses
from hem_core.boxes.hypothesis_table import hypothesis_table
from hem_core.boxes.suspicion import suspicion
from hem_core.stats.percentile import percentile
from hem_core.tasks._detection_images import BACKGROUND

MEANINGS = {
    "missed": "a given box that no prediction matches",
    "false_positive": "a prediction where no object is given",
    "mislocated": "a prediction of the right class whose box is off",
    "confused": "a prediction at the given box, of another class",
    "duplicate": "a second prediction of an object that is already found",
    "suspect_label": "the model is sure of another box or class: the annotation may be wrong",
    "unsure": "found, with little confidence",
    "easy": "nothing is hard about it",
}
OF_TYPE = {
    "Missed": "missed",
    "Bkg": "false_positive",
    "Both": "false_positive",
    "Loc": "mislocated",
    "Cls": "confused",
    "Dupe": "duplicate",
}
SUSPECT = {"missing": 0.8, "wrong_class": 0.7, "misplaced": 0.5}
"""Kind of suspicion -> the value from which it is the reason. That a model does not see a box (`spurious`) is as often
the model's fault, so it ranks in `label_suspicion` and names no reason."""
UNSURE = 0.5
"""Confidence below which a right prediction is unsure."""


JUDGED = (BACKGROUND, "confidence", "iou", "type", "cls", "loc", "miss", "severity")
"""Columns that come of the prediction, besides those whose names begin with one of these:"""
JUDGED_PREFIXES = ("suspicion", "predicted_")


def judged(table: pa.Table) -> tuple[str, ...]:
    """The columns of `part_table` that say how a box was predicted, not what it is."""
    return tuple(name for name in table.column_names if name in JUDGED or name.startswith(JUDGED_PREFIXES))


def part_table(
    rows: Hypotheses, image_ids: Sequence[str], image_size_px: np.ndarray, classes: Sequence[str]
) -> pa.Table:
    """R rows: `hypothesis_table`, with the columns that every level has.

    `loss` is the severity in 0 .. 1; `difficulty` and `label_suspicion` are percentiles among all boxes, 0 .. 100, of
    `severity` and of `suspicion`.
    """
    table = hypothesis_table(rows, image_ids, image_size_px, classes)
    raw = table["label_suspicion"].to_numpy()
    place = table.column_names.index("label_suspicion")
    table = table.set_column(place, "label_suspicion", pa.array(percentile(raw), pa.float32()))
    severity, reason = table["severity"].to_numpy(), reasons(rows)
    return (
        table.append_column("suspicion", pa.array(raw))
        .append_column("loss", pa.array(severity, pa.float32()))
        .append_column("difficulty", pa.array(_ranked(table), pa.float32()))
        .append_column("reason", pa.array(reason.tolist(), pa.string()))
        .append_column("evidence", pa.array(evidence(rows, table, reason), pa.string()))
        .append_column(BACKGROUND, pa.array(_on_background(rows), pa.float32(), from_pandas=True))
    )


def _on_background(rows: Hypotheses) -> np.ndarray:
    """(R,) the confidence of a prediction on background; NaN of any other row."""
    some = rows.type == "Bkg"
    found = np.full(len(rows), np.nan, np.float32)
    found[some] = rows.predicted_boxes.probability()[rows.predicted[some]]
    return found


def _ranked(table: pa.Table) -> np.ndarray:
    """(R,) percentiles of the severity; of equal ones the more confident, then the larger box is harder."""
    confidence = np.nan_to_num(table["confidence"].to_numpy())
    size = percentile(table["size_px"].to_numpy()) / 100
    return percentile(table["severity"].to_numpy() + 1e-4 * confidence + 1e-7 * np.nan_to_num(size))


def reasons(rows: Hypotheses) -> np.ndarray:
    """(R,) text: the type of error; `suspect_label` where the model is sure that the annotation is wrong."""
    kind, doubt = rows.type, suspicion(rows)
    result = np.array([OF_TYPE.get(each, "easy") for each in kind.tolist()], object)
    is_wrong = kind != RIGHT
    confidence = np.ones(len(rows))
    confidence[rows.predicted >= 0] = rows.predicted_boxes.probability()[rows.predicted[rows.predicted >= 0]]
    result[~is_wrong & (confidence < UNSURE)] = "unsure"
    for name, least in SUSPECT.items():
        counts = is_wrong & (kind == "Bkg") if name == "missing" else is_wrong
        result[counts & (getattr(doubt, name) >= least)] = "suspect_label"
    return result


def evidence(rows: Hypotheses, table: pa.Table, reason: np.ndarray) -> list[str]:
    """One sentence a row: what is given, what is predicted, how far they agree, and what was needed."""
    names = ("given", "predicted", "iou", "confidence", "type")
    columns = [table[name].to_pylist() for name in names]
    found = []
    for row, (given, predicted, iou, confidence, kind) in enumerate(zip(*columns, strict=True)):
        doubt = " The annotation may be wrong." if reason[row] == "suspect_label" else ""
        found.append(_sentence(rows, (given, predicted, kind), (iou, confidence)) + doubt)
    return found


def _sentence(
    rows: Hypotheses, what: tuple[str | None, str | None, str], numbers: tuple[float | None, float | None]
) -> str:
    given, predicted, kind = what
    iou, confidence = (_decimal(number) for number in numbers)
    if kind == "Missed":
        return f"{given} is given here, and no prediction matches it."
    if kind == "Bkg":
        return f"Predicted {predicted} with confidence {confidence}; nothing is given there."
    if kind == "Both":
        wrong = "it overlaps only a box of another class, and too little"
        return f"Predicted {predicted} with confidence {confidence}; {wrong}."
    if kind == "Dupe":
        return f"Predicted {predicted} with confidence {confidence}; a more confident prediction has this box."
    said = f"Predicted {predicted} at IoU {iou} with confidence {confidence}"
    if kind == "Loc":
        return f"{said}; needed {_decimal(rows.foreground)}."
    return f"{said}; {given} is given." if kind == "Cls" else f"{said}."


def _decimal(number: float | None) -> str:
    """Two digits, as `.38`; 1.00 stays. What is below the limit is never rounded up to it."""
    if number is None:
        return "–"
    cut = np.floor(number * 100 + 1e-9) / 100
    return f"{cut:.2f}".removeprefix("0")
