"""What one model detects on a set of images, with what is given there."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        predicted = self.predicted.take(place[self.predicted.image] >= 0)
        moved = replace(given, image=place[given.image]), replace(predicted, image=place[predicted.image])
        return Detections(*moved, len(images), self.classes)
