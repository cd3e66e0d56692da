"""Predicted boxes in the tasks of a Label Studio project: rectangles of a prediction, with their scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.formats import _json
from hem_core.boxes.formats import _label_studio_tasks as studio
from hem_core.boxes.formats.label_studio_json import corners_of, label_of, rectangles_of
from hem_core.boxes.results._rows import Rows, places_of, predictions_of
from hem_core.errors import DataError


def accepts(source: Any) -> bool:
    """Whether it is an export of tasks with rectangles."""
    return isinstance(source, Path) and studio.has_rectangles(source)


def read(source: Path, annotations: Annotations) -> Predictions:
    """The rectangles of the last prediction of each task, with their scores, else that of the prediction.

    Raises DataError where no task has any.
    """
    found = _predictions(source, annotations)
    if found is None:
        raise DataError(f"'{source}' has no task with a prediction of rectangles; export the tasks with predictions")
    return found


def own(annotations: Annotations) -> Predictions | None:
    """The predictions in the tasks of the annotations themselves; None where they have none."""
    source = annotations.source
    is_own = source is not None and source.format == "label_studio_json"
    return _predictions(source.path, annotations) if source is not None and is_own else None


def _predictions(path: Path, annotations: Annotations) -> Predictions | None:
    source = annotations.source
    home = (source.images if source is not None else None) or path.parent
    tasks = studio.tasks_of(_json.read_bytes(path), path)
    names = [studio.picture_name(task, home) for task in tasks]
    listed = []
    for name, task, at in zip(names, tasks, places_of(names, annotations), strict=True):
        prediction = studio.prediction_of(task)
        size = annotations.size_px[at].tolist() if at >= 0 else (0.0, 0.0)
        listed += [(name, size, part, _score(part, prediction)) for _at, part in rectangles_of(prediction)]
    if not listed:
        return None
    corners = np.asarray([corners_of(part, size) for _name, size, part, _sure in listed], np.float64).reshape(-1, 4)
    rows = Rows(
        [name for name, *_rest in listed],
        [label_of(part) for _name, _size, part, _sure in listed],
        corners,
        np.asarray([sure for *_rest, sure in listed], np.float64),
    )
    return predictions_of(rows, annotations, f"'{path}'")


def _score(part: Mapping[str, Any], prediction: Mapping[str, Any] | None) -> float:
    found = part.get("score", prediction.get("score") if prediction is not None else None)
    return float(found) if isinstance(found, int | float) else float("nan")
