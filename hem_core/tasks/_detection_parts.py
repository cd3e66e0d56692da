"""The level `boxes` as a table: what every level has, and what boxes have of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from hem_core.boxes.hypothesis_table import hypothesis_table
from hem_core.boxes.judgement import Judgement
from hem_core.stats.percentile import percentile
from hem_core.tasks._detection_images import BACKGROUND
from hem_core.tasks._detection_reasons import Reasons

JUDGED = (BACKGROUND, "confidence", "iou", "type", "cls", "loc", "miss", "severity")
"""Columns that come of the prediction, besides those whose names begin with one of these:"""
JUDGED_PREFIXES = ("suspicion", "predicted_")


def judged(table: pa.Table) -> tuple[str, ...]:
    """The columns of `part_table` that say how a box was predicted, not what it is."""
    return tuple(name for name in table.column_names if name in JUDGED or name.startswith(JUDGED_PREFIXES))


def part_table(found: Reasons, image_ids: Sequence[str]) -> pa.Table:
    """R rows: `hypothesis_table`, with the columns that every level has.

    `loss` is the severity in 0 .. 1; `difficulty` and `label_suspicion` are percentiles among all boxes, 0 .. 100, of
    `severity` and of `suspicion`.
    """
    table = hypothesis_table(found.judgement, image_ids, found.classes)
    raw = table["label_suspicion"].to_numpy()
    place = table.column_names.index("label_suspicion")
    ranked = percentile(raw + 1e-6 * _second(table) / 100)
    table = table.set_column(place, "label_suspicion", pa.array(ranked, pa.float32()))
    severity = table["severity"].to_numpy()
    return (
        table.append_column("suspicion", pa.array(raw))
        .append_column("loss", pa.array(severity, pa.float32()))
        .append_column("difficulty", pa.array(percentile(severity + 1e-4 * _second(table) / 100), pa.float32()))
        .append_column("reason", pa.array(found.names.tolist(), pa.string()))
        .append_column("reason_prob", prob_column(found.is_suspect, raw))
        .append_column("evidence", pa.array(found.evidence, pa.string()))
        .append_column(BACKGROUND, pa.array(_on_background(found.judgement), pa.float32(), from_pandas=True))
    )


def prob_column(is_suspect: np.ndarray, prob: np.ndarray) -> pa.Array:
    """(R,) how probable the reason is: of suspect labels; null for the others, which are what the boxes show."""
    return pa.array(np.where(is_suspect, prob, np.nan), pa.float32(), from_pandas=True)


def _on_background(judgement: Judgement) -> np.ndarray:
    """(R,) the confidence of a prediction on background; NaN of any other row."""
    return np.where(judgement.rows.type == "Bkg", judgement.confidence, np.nan).astype(np.float32)


def _second(table: pa.Table) -> np.ndarray:
    """(R,) in 0 .. 100, what ranks boxes that are equal otherwise: the more confident, then the larger one is first."""
    confidence = np.nan_to_num(table["confidence"].to_numpy())
    size = np.nan_to_num(percentile(table["size_px"].to_numpy()))
    return np.clip(100 * confidence + size / 1000, 0, 100)
