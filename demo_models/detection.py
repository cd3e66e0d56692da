"""Scenes of scikit-learn's digits with boxes made wrong on purpose, and a small detector that learns them."""

from __future__ import annotations

from pathlib import Path

from demo_models import scenes
from demo_models._boxes import Boxes

N = 400
"""Scenes."""
OOS = 5
TRAIN = "demo_models.detector:train"
ABOUT = (
    f"{scenes.SHARE:.1%} of the boxes are missing, and as many each shifted, relabelled and spurious; "
    "data/detection/planted.csv records which."
)


def boxes(folder: Path, data: Path | None = None) -> Boxes:
    """N scenes, drawn into the folder."""
    written = scenes.write(folder, N)
    return Boxes(written.annotations, written.images, written.planted)
