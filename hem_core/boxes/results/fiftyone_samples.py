"""Predicted boxes in the samples of a FiftyOneDataset: a field of `Detections` with confidences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.formats import _fiftyone_samples as fiftyone
from hem_core.boxes.formats.fiftyone_json import corners_of
from hem_core.boxes.results._rows import Rows, places_of, predictions_of
from hem_core.errors import DataError


def accepts(source: Any) -> bool:
    """Whether it is a samples.json or the folder of one."""
    return isinstance(source, Path) and fiftyone.file_of(source) is not None


def read(source: Path, annotations: Annotations) -> Predictions:
    """The boxes in the field `predictions`, else in the only field with confidences that is not of the given boxes.

    Raises DataError where no field has any.
    """
    path = source / fiftyone.FILE if source.is_dir() else source
    found = _predictions(path, annotations)
    if found is None:
        raise DataError(f"'{path}' has no field of predicted boxes; name the field 'predictions', with confidences")
    return found


def own(annotations: Annotations) -> Predictions | None:
    """The predictions in the file of the annotations themselves; None where it has none."""
    source = annotations.source
    is_own = source is not None and source.format == "fiftyone_json"
    return _predictions(source.path, annotations) if source is not None and is_own else None


def _predictions(path: Path, annotations: Annotations) -> Predictions | None:
    samples = fiftyone.samples_of(path)
    truth = fiftyone.truth_field(samples, fiftyone.BOXES)
    field = fiftyone.predicted_field(samples, truth, fiftyone.BOXES)
    if field is None:
        return None
    names = [str(sample["filepath"]) for sample in samples]
    sizes = [annotations.size_px[at].tolist() if at >= 0 else (0.0, 0.0) for at in places_of(names, annotations)]
    boxes = [(name, size, box) for name, size, sample in zip(names, sizes, samples, strict=True)
             for box in fiftyone.detections_of(sample, field)]  # fmt: skip
    rows = Rows(
        [name for name, _size, _box in boxes],
        [box.get("label") for _name, _size, box in boxes],
        np.asarray([corners_of(box, size) for _name, size, box in boxes], np.float64).reshape(-1, 4),
        np.asarray([_confidence(box) for _name, _size, box in boxes], np.float64),
    )
    return predictions_of(rows, annotations, f"'{path}'")


def _confidence(box: Mapping[str, Any]) -> float:
    value = box.get("confidence")
    return float(value) if isinstance(value, int | float) else float("nan")
