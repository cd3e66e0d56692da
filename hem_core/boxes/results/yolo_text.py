"""YOLO's predictions: a folder with a text file a picture, each line a class, a box and a confidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.formats import yolo_txt


def accepts(source: Any) -> bool:
    """Whether it is a folder."""
    return isinstance(source, Path) and source.is_dir()


def read(source: Path, annotations: Annotations) -> Predictions:
    """Predictions of the text files. Raises DataError where the folder has none."""
    return yolo_txt.read_predictions(source, annotations)
