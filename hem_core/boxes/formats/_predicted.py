"""What is odd in predictions that could be read, whatever their format."""

from __future__ import annotations

import numpy as np

from hem_core.boxes.annotations import Annotations
from hem_core.boxes.arrays import PredictedBoxes
from hem_core.boxes.geometry import is_beyond, is_degenerate
from hem_core.boxes.problems import Problem, problems_of


def predicted_problems(boxes: PredictedBoxes, annotations: Annotations) -> list[Problem]:
    """Degenerate boxes, boxes beyond their image, scores outside 0 .. 1, and images without predictions."""
    ids = annotations.image_ids

    def places(which: np.ndarray) -> list[str]:
        return [ids[index] for index in boxes.image[which]]

    degenerate = is_degenerate(boxes.xyxy)
    beyond = is_beyond(boxes.xyxy, annotations.size_px[boxes.image]) & ~degenerate if len(boxes) else degenerate
    outside = (boxes.confidence < 0) | (boxes.confidence > 1)
    without = np.flatnonzero(np.bincount(boxes.image, minlength=len(ids)) == 0)
    clipped = "they rank as they are, and are clipped where a probability is needed"
    return [
        *problems_of("degenerate_box", places(degenerate), "predictions without width or height"),
        *problems_of("box_beyond_image", places(beyond), "predictions that leave their image", "they are kept"),
        *problems_of("score_out_of_range", places(outside), "scores outside 0 .. 1", clipped),
        *problems_of("image_without_predictions", [ids[at] for at in without], "images without predictions"),
    ]
