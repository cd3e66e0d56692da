"""COCO's results: a .json list of image_id, category_id, bbox and score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.formats import coco_json
from hem_core.boxes.results import detector_outputs, fiftyone_samples, label_studio_tasks


def accepts(source: Any) -> bool:
    """Whether it is a .json file of no other kind."""
    others = (detector_outputs, fiftyone_samples, label_studio_tasks)
    return isinstance(source, Path) and source.suffix.lower() == ".json" and not any(o.accepts(source) for o in others)


def read(source: Path, annotations: Annotations) -> Predictions:
    """Predictions of a results file. Raises DataError for a file that is no JSON list."""
    return coco_json.read_predictions(source, annotations)
