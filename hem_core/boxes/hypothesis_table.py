"""The level `boxes` as a table: a row a hypothesis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from hem_core.boxes.arrays import part_ids, values_at
from hem_core.boxes.columns import SIDES
from hem_core.boxes.geometry import areas
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.surroundings import aspect, size_bucket, size_px
from hem_core.boxes.suspicion import KINDS


def hypothesis_table(judgement: Judgement, image_ids: Sequence[str], classes: Sequence[str]) -> pa.Table:
    """R rows with ids `<image id>#g3` (given) and `#p7` (an unpaired prediction), in their order.

    image_ids (N,); classes: K names. Columns: id, example; given, predicted
    (class names), confidence, iou; type (TIDE); cls, loc, miss, severity, error (see `severity`); label_suspicion,
    suspicion_kind and one column suspicion_<kind> for each kind; size_px, size, crowding, aspect, border_px of the
    given box, or of the predicted one where nothing is given; given_left … given_bottom and predicted_left …
    predicted_bottom in px. What a row does not have is null.
    """
    rows = judgement.rows
    boxes, answers, image = rows.given_boxes, rows.predicted_boxes, rows.image
    numbers = (
        part_ids(image_ids, boxes.image, boxes.number, "g"),
        part_ids(image_ids, answers.image, answers.number, "p"),
    )
    names = np.asarray([*classes, None], object)
    columns: dict[str, object] = {
        "id": [numbers[0][g] if g >= 0 else numbers[1][p] for g, p in zip(rows.given, rows.predicted, strict=True)],
        "example": [image_ids[index] for index in image],
        "given": pa.array(names[values_at(boxes.label, rows.given, -1)], pa.string()),
        "predicted": pa.array(names[values_at(answers.label, rows.predicted, -1)], pa.string()),
        "confidence": _numbers(judgement.confidence),
        "iou": _numbers(judgement.iou),
        "type": rows.type.tolist(),
    }
    columns |= _judged(judgement) | _surrounded(judgement)
    for name, table, which in (("given", boxes.xyxy, rows.given), ("predicted", answers.xyxy, rows.predicted)):
        corners = values_at(table, which, np.nan)
        columns |= {f"{name}_{side}": _numbers(corners[:, at]) for at, side in enumerate(SIDES)}
    return pa.table(columns)


def _judged(judgement: Judgement) -> dict[str, object]:
    found, doubt = judgement.severity, judgement.suspicion
    columns = {name: _numbers(getattr(found, name)) for name in ("cls", "loc", "miss", "severity", "error")}
    columns |= {"label_suspicion": _numbers(doubt.label_suspicion)}
    columns |= {"suspicion_kind": pa.array([kind or None for kind in doubt.kind.tolist()], pa.string())}
    return {**columns, **{f"suspicion_{kind}": _numbers(getattr(doubt, kind)) for kind in KINDS}}


def _surrounded(judgement: Judgement) -> dict[str, object]:
    rows, xyxy = judgement.rows, judgement.rows.xyxy
    area = rows.of_rows(rows.given_boxes.area_px, areas(rows.predicted_boxes.xyxy))
    return {
        "size_px": _numbers(size_px(xyxy)),
        "size": size_bucket(area).tolist(),
        "crowding": judgement.crowding,
        "aspect": _numbers(aspect(xyxy)),
        "border_px": _numbers(judgement.border_px),
    }


def _numbers(values: np.ndarray) -> pa.Array:
    """Numbers with null for NaN."""
    return pa.array(values, pa.float64(), from_pandas=True)
