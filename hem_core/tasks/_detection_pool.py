"""By what the images of a pool are ranked for a detector that did not see them, before and after they have boxes."""

from __future__ import annotations

import numpy as np

from hem_core.boxes.arrays import PredictedBoxes
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.pooling import Pooling, pool, total
from hem_core.tasks._detection_images import BACKGROUND, COMPONENTS, background_confidence, component

POLICIES = ("margin",)
"""By `expected_errors`. benchmarks/pool_of_tasks.py compares the ways to choose: RESULTS.md, "Pools of boxes"."""
UNCERTAINTIES = {
    "expected_errors": "the number of boxes that the detector expects to be wrong about: of a prediction with the "
    "confidence c the smaller of c and 1 − c, summed over the image",
    "box_uncertainty": "how unsure the detector is of its three least sure boxes, 0 .. 1: of a prediction with the "
    "confidence c twice the smaller of c and 1 − c",
}
SHORTCOMINGS = {
    "cls": "how wrong the classes of the worst boxes are",
    "loc": "how far the worst boxes are from their place: 1 − IoU",
    "miss": "how near the worst boxes are to being missed",
    BACKGROUND: "the highest confidence of a prediction where nothing is given",
}


def unsure(boxes: PredictedBoxes, n_images: int, floor: float) -> dict[str, np.ndarray]:
    """`UNCERTAINTIES` of N images, each (N,) float32; 0 for an image without a prediction.

    floor: confidence below which a prediction is no box.
    """
    some = boxes.take(boxes.confidence >= floor)
    wrong = np.minimum(some.probability(), 1 - some.probability())
    return {
        "expected_errors": total(some.image, wrong, n_images).astype(np.float32),
        "box_uncertainty": pool(some.image, 2 * wrong, n_images, "top3").astype(np.float32),
    }


def judged(judgement: Judgement, n_images: int, how: Pooling) -> dict[str, np.ndarray]:
    """`SHORTCOMINGS` of N images with boxes, each (N,) float32; NaN for an image without any such box."""
    found = {name: component(judgement, name, n_images, how) for name in COMPONENTS}
    return found | {BACKGROUND: background_confidence(judgement.rows, n_images)}
