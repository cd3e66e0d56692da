"""BCCD: 364 microscope images of blood with boxes of red cells, white cells and platelets, as annotated."""

from __future__ import annotations

from pathlib import Path

from demo_models._boxes import Boxes, annotations_of

OOS = 5
TRAIN = "demo_models.detector:train"
ABOUT = "real annotations as they are; nothing is planted."
WANTED = "BCCD's folder with Annotations and JPEGImages, or with its boxes as one COCO .json"


def boxes(folder: Path, data: Path | None = None) -> Boxes:
    """The annotations in `data`: Pascal VOC's .xml files as the data set has them, or a COCO .json beside `images`."""
    return annotations_of(data, demo="bccd", wanted=WANTED)
