"""What one model detects on a set of images, with what is given there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes


@dataclass(frozen=True, eq=False)
class Detections:
    """Given and predicted boxes of N images and K classes."""

    given: GivenBoxes
    predicted: PredictedBoxes
    n_images: int
    classes: tuple[str, ...]

    def of_images(self, images: np.ndarray) -> Detections:
        """Some of the images, in this order; images (n,) int64, each of them once at most."""
        place = np.full(self.n_images, -1, np.int64)
        place[images] = np.arange(len(images))
        given = self.given.take(place[self.given.image] >= 0)
        kept = np.flatnonzero(place[self.predicted.image] >= 0)
        old = self.predicted
        predicted = PredictedBoxes(
            place[old.image[kept]],
            old.label[kept],
            old.xyxy[kept],
            old.confidence[kept],
            old.number[kept],
            None if old.probs is None else old.probs[kept],
        )
        moved = GivenBoxes(
            place[given.image],
            given.label,
            given.xyxy,
            given.area_px,
            given.is_crowd,
            given.is_ignored,
            given.number,
        )
        return Detections(moved, predicted, len(images), self.classes)
