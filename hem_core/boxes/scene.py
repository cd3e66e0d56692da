"""All boxes of a run, judged again at other thresholds of confidence and IoU, without its pictures or its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, predicted_boxes, values_at
from hem_core.boxes.columns import SIDES
from hem_core.boxes.curves import Curve, curve_of
from hem_core.boxes.error_types import IGNORED, RIGHT, TYPES, UNCOUNTED
from hem_core.boxes.hypotheses import Hypotheses, hypotheses
from hem_core.boxes.overlaps import LEAST, Overlaps, overlaps


@dataclass(frozen=True, eq=False)
class Scene:
    """The given and predicted boxes of N images, and the limits by which the run judged them."""

    given: GivenBoxes
    predicted: PredictedBoxes
    n_images: int
    classes: tuple[str, ...]
    foreground: float
    background: float
    floor: float
    row_of_given: np.ndarray
    """(M,) int64: the row of the run's level of boxes that a given box is in; -1 for none, as of an ignore region."""
    row_of_predicted: np.ndarray
    """(P,) int64, of a prediction; -1 below the floor, or absorbed by an ignore region."""

    @cached_property
    def pairs(self) -> Overlaps:
        """The pairs that overlap enough for any threshold of IoU from the background on."""
        return overlaps(self.given, self.predicted, least=min(self.background, LEAST))

    def at(self, confidence: float | None = None, foreground: float | None = None) -> Judged:
        """The boxes judged at a confidence and an IoU in 0 .. 1; those of the run where None.

        Raises DataError for an IoU below the run's background.
        """
        iou = self.foreground if foreground is None else foreground
        limits = {"foreground": iou, "background": self.background}
        least = self.floor if confidence is None else confidence
        return Judged(self, hypotheses(self.given, self.predicted, **limits, floor=least, pairs=self.pairs))


@dataclass(frozen=True, eq=False)
class Judged:
    """R hypotheses of a scene at some thresholds."""

    scene: Scene
    rows: Hypotheses

    @cached_property
    def row(self) -> np.ndarray:
        """(R,) int64: the row of the run's level that shows each hypothesis: that of its given box, else that of its
        prediction; -1 for none. Two hypotheses can have one row, never two with a given box, nor two without."""
        return self.rows.of_rows(self.scene.row_of_given, self.scene.row_of_predicted)

    @cached_property
    def type(self) -> np.ndarray:
        """(R,) int8: 0 right, then the place in `TYPES` from 1."""
        names = np.array([RIGHT, *TYPES])
        order = np.argsort(names)
        return order[np.searchsorted(names[order], self.rows.type)].astype(np.int8)

    @property
    def is_right(self) -> np.ndarray:
        """(R,) bool: found by a prediction of the given class."""
        return self.type == 0

    @property
    def is_missed(self) -> np.ndarray:
        """(R,) bool: a given box that no prediction of its class found; the false negatives."""
        return self.rows.is_given & ~self.is_right

    @property
    def is_false(self) -> np.ndarray:
        """(R,) bool: a prediction that is wrong; the false positives. One at a missed box is of both kinds."""
        return (self.rows.predicted >= 0) & ~self.is_right

    @cached_property
    def counts(self) -> Counts:
        """How many hypotheses there are of each kind."""
        n = np.bincount(self.type, minlength=1 + len(TYPES))
        types: dict[str, int] = dict(zip(TYPES, n[1:].tolist(), strict=True))
        return Counts(int(n[0]), int(self.is_false.sum()), int(self.is_missed.sum()), types)

    @cached_property
    def classes(self) -> tuple[np.ndarray, np.ndarray]:
        """(R,) int64 each: the class given and the class predicted; K where there is none."""
        rows, none = self.rows, len(self.scene.classes)
        given = values_at(rows.given_boxes.label, rows.given, none)
        return given, values_at(rows.predicted_boxes.label, rows.predicted, none)

    def curve(self, label: int | None = None) -> Curve:
        """Precision and recall at every confidence from that of these thresholds on, of one class or of all together.

        Its point at a confidence is what `at` counts there: no matching at a higher confidence depends on a lower one.
        """
        rows, types = self.rows, self.rows.types.predicted
        counts = ~np.isin(types, (UNCOUNTED, IGNORED))
        objects = ~rows.given_boxes.is_ignored
        if label is not None:
            counts, objects = (
                counts & (rows.predicted_boxes.label == label),
                objects & (rows.given_boxes.label == label),
            )
        return curve_of(rows.predicted_boxes.probability()[counts], types[counts] == RIGHT, float(objects.sum()))

    def confusion(self) -> np.ndarray:
        """(K + 1, K + 1) int64 numbers of hypotheses, given class by predicted class; the last one of each is "none".

        The diagonal counts the right ones and those of the right class in a wrong place.
        """
        size = len(self.scene.classes) + 1
        given, predicted = self.classes
        return np.bincount(given * size + predicted, minlength=size * size).reshape(size, size)


@dataclass(frozen=True)
class Counts:
    """Numbers of boxes at some thresholds."""

    right: int
    """True positives."""
    false: int
    """False positives."""
    missed: int
    """False negatives: given boxes that are not found, whatever else is predicted there."""
    types: Mapping[str, int]
    """Type of error -> how many; Missed are only those without any prediction about them."""

    @property
    def precision(self) -> float:
        """Share of the predictions that are right, 0 .. 1; NaN without a prediction."""
        return _share(self.right, self.right + self.false)

    @property
    def recall(self) -> float:
        """Share of the given boxes that are found, 0 .. 1; NaN without a given box."""
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 .. 1; NaN without any box."""
        return _share(2 * self.right, 2 * self.right + self.false + self.missed)


def scene_of_table(
    columns: Mapping[str, np.ndarray], images: Sequence[str], classes: Sequence[str], limits: tuple[float, float, float]
) -> Scene:
    """The scene that the rows of a level of boxes hold: all that is known of a run whose boxes are not stored.

    columns: those of `hypothesis_table` (R,): example, given, predicted, confidence and the sides; images (N,): ids;
    limits: foreground, background and floor. Predictions below the floor and ignore regions are not among them.
    """
    place, label = {id: at for at, id in enumerate(images)}, {name: at for at, name in enumerate(classes)}
    image = np.array([place[id] for id in columns["example"].tolist()], np.int64)

    def boxes(name: str) -> tuple[np.ndarray, list[int], np.ndarray, np.ndarray]:
        sides = np.stack([columns[f"{name}_{side}"] for side in SIDES], axis=1)
        rows = np.flatnonzero(~np.isnan(sides).any(axis=1))
        return image[rows], [label[one] for one in columns[name][rows].tolist()], sides[rows], rows

    image_of, label_of, xyxy, row_of_given = boxes("given")
    given = given_boxes(image_of, label_of, xyxy)
    image_of, label_of, xyxy, row_of_predicted = boxes("predicted")
    predicted = predicted_boxes(image_of, label_of, xyxy, columns["confidence"][row_of_predicted])
    foreground, background, floor = limits
    return Scene(
        given, predicted, len(images), tuple(classes), foreground, background, floor, row_of_given, row_of_predicted
    )


def with_rows(given: GivenBoxes, predicted: PredictedBoxes, shown: Hypotheses) -> tuple[np.ndarray, np.ndarray]:
    """`row_of_given` (M,) and `row_of_predicted` (P,) of a level whose rows are these hypotheses, in their order."""
    result = []
    for boxes, which in ((given, shown.given), (predicted, shown.predicted)):
        row = np.full(len(boxes), -1, np.int64)
        known = np.flatnonzero(which >= 0)
        row[which[known]] = known
        result.append(row)
    return result[0], result[1]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
