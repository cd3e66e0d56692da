"""One example as a sample of FiftyOne: its labels, scores and tags as fields."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from hem_core.boxes.columns import GIVEN, PREDICTED, SIDES
from hem_core.boxes.formats import _fiftyone_samples as fiftyone
from hem_core.export._boxes import FALSE_POSITIVES, MARKS, boxes_in
from hem_core.export._plain import plain

ID = "hem_id"
OF_BOX = (*MARKS, "is_crowd", "is_ignored")
_NAMES = {"is_crowd": "iscrowd", "is_ignored": "ignore", "id": ID}
_ELSEWHERE = {"id", "label", "tags", "predicted", "predicted_prob", GIVEN, PREDICTED, FALSE_POSITIVES}
_OF_FILE = {"image", "image_row", "content_hash"}
_RESERVED = {"filepath", "metadata", "media_type", "created_at", "last_modified_at", fiftyone.TRUTH, fiftyone.PREDICTED}


def sample_of(row: Mapping[str, Any], file: str, size: tuple[int, int]) -> dict[str, Any]:
    """The sample of an example. row: plain values by column; file: its picture, relative to the data set; size: width
    and height in px."""
    head = {
        "filepath": file,
        "tags": [tag for tag in str(row.get("tags") or "").split(", ") if tag],
        "metadata": {"_cls": "ImageMetadata", "width": size[0], "height": size[1]},
        ID: row["id"],
    }
    fields = _of_boxes(row, size) if GIVEN in row else _of_labels(row)
    own = {_field(name): value for name, value in row.items() if name not in _ELSEWHERE | _OF_FILE}
    scalars = {name: value for name, value in own.items() if isinstance(value, str | int | float) and value != ""}
    return {**head, **{name: value for name, value in fields.items() if value is not None}, **scalars}


def _field(name: str) -> str:
    """A name that a field can have."""
    text = name.replace(".", "_").lstrip("_") or "column"
    return f"{text}_column" if text in _RESERVED else text


def _of_labels(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        fiftyone.TRUTH: _label(row.get("label"), None, row.get("predicted")),
        fiftyone.PREDICTED: _label(row.get("predicted"), row.get("predicted_prob"), row.get("predicted")),
    }


def _label(value: Any, confidence: Any, predicted: Any) -> dict[str, Any] | None:
    """A Classification; Classifications for a list; a Regression where what is predicted is a number."""
    if value is None:
        return None
    if isinstance(value, list):
        several = [{"_cls": "Classification", "label": str(each)} for each in value]
        return {"_cls": "Classifications", "classifications": several}
    if isinstance(predicted, numbers.Number) and not isinstance(predicted, bool):
        return {"_cls": "Regression", "value": float(value)}
    sure = {} if confidence is None else {"confidence": confidence}
    return {"_cls": "Classification", "label": str(value), **sure}


def _of_boxes(row: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    found = {fiftyone.TRUTH: _detections(boxes_in(row[GIVEN]), size)}
    predicted = boxes_in(row.get(PREDICTED))
    return found | ({fiftyone.PREDICTED: _detections(predicted, size)} if predicted else {})


def _detections(boxes: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> dict[str, Any]:
    return {"_cls": "Detections", "detections": [_detection(box, size) for box in boxes]}


def _detection(box: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    left, top, right, bottom = (float(box[side]) / size[at % 2] for at, side in enumerate(SIDES))
    marks = {_NAMES.get(name, name): plain(box[name]) for name in OF_BOX if box.get(name) not in (None, False)}
    sure = {"confidence": float(box["confidence"])} if "confidence" in box else {}
    place = {"bounding_box": [left, top, right - left, bottom - top]}
    return {"_cls": "Detection", "tags": [], "label": str(box["label"]), **place, **sure, **marks}
