"""Why each hypothesis is hard, and the evidence in words that are true of the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hem_core.boxes.causes import CAUSES, Causes, causes, touched
from hem_core.boxes.error_types import RIGHT
from hem_core.boxes.geometry import iou
from hem_core.boxes.judgement import Judgement

MEANINGS = {
    "missed": "a given box that no prediction matches",
    "false_positive": "a prediction where no object is given",
    "mislocated": "a prediction of the right class whose box is off",
    "confused": "a prediction at the given box, of another class",
    "duplicate": "a second prediction of an object that is already found",
    "occluded": "not found as given, and another given box lies over it",
    "truncated": "not found as given, and cut off by the border of the image",
    "small": "not found as given, and among the smallest boxes",
    "crowded": "not found as given, and one of many boxes close together",
    "suspect_label": "the annotation is more probably wrong than the model: missing, spurious, misplaced or misnamed",
    "unsure": "found, with little confidence",
    "easy": "nothing is hard about it",
}
OF_TYPE = {
    "Missed": "missed",
    "Bkg": "false_positive",
    "Both": "false_positive",
    "Loc": "mislocated",
    "Cls": "confused",
    "Dupe": "duplicate",
}
SUSPECT_FROM = 0.5
"""Probability that the annotation is wrong from which it is the reason; the suspicion itself without probes."""
UNSURE = 0.5
"""Confidence below which a right prediction is unsure."""
MAY_BE = {
    "missing": "An object may be missing from the annotation.",
    "spurious": "There may be nothing.",
    "misplaced": "The given box may be off.",
    "wrong_class": "The given class may be wrong.",
}
ENOUGH = 20
"""Boxes of a class from which its smallest percent are spoken of."""
EDGES = ("left", "top", "right", "bottom")


@dataclass(frozen=True, eq=False)
class Reasons:
    """Of R rows."""

    judgement: Judgement
    classes: Sequence[str]

    @cached_property
    def causes(self) -> Causes:
        """What may make each given box hard."""
        return causes(self.judgement)

    @cached_property
    def is_suspect(self) -> np.ndarray:
        """(R,) bool: wrong, and suspect enough that the annotation is the reason."""
        return (self.judgement.rows.type != RIGHT) & (self.judgement.suspicion.label_suspicion >= SUSPECT_FROM)

    @cached_property
    def names(self) -> np.ndarray:
        """(R,) text: `suspect_label`, else the reason besides it."""
        return np.where(self.is_suspect, "suspect_label", self.besides)

    @cached_property
    def besides(self) -> np.ndarray:
        """(R,) text: what makes the box hard for this model, else the type of its error."""
        rows = self.judgement.rows
        result = np.array([OF_TYPE.get(each, "easy") for each in rows.type.tolist()], object)
        is_right = rows.type == RIGHT
        result[is_right & (np.nan_to_num(self.judgement.confidence, nan=1.0) < UNSURE)] = "unsure"
        cause = self.causes.main()
        is_caused = (cause != "") & rows.is_given & ~is_right
        result[is_caused] = cause[is_caused]
        return result

    @cached_property
    def evidence(self) -> list[str]:
        """One or two sentences a row: what is given and predicted, and what the reason rests on."""
        return [" ".join([self._outcome(row), *self._why(row)]) for row in range(len(self.judgement.rows))]

    def _outcome(self, row: int) -> str:
        """What is given, what is predicted, how far they agree, and what was needed."""
        rows, confidence = self.judgement.rows, decimal(self.judgement.confidence[row])
        kind, p, g = str(self._types[row]), int(rows.predicted[row]), int(rows.given[row])
        given = self.classes[rows.given_boxes.label[g]] if g >= 0 else ""
        predicted = self.classes[rows.predicted_boxes.label[p]] if p >= 0 else ""
        if kind == "Missed":
            return f"{given} is given here, and no prediction matches it."
        start = f"Predicted {predicted} with confidence {confidence}"
        if kind == "Bkg":
            return f"{start}; nothing is given there."
        if kind == "Both":
            return f"{start}; it overlaps only a box of another class, and too little."
        if kind == "Dupe":
            return f"{start}; a more confident prediction has this box."
        if g < 0:
            return f"{start}{self._taken(p)}."
        start = f"Predicted {predicted} at IoU {decimal(self.judgement.iou[row])} with confidence {confidence}"
        if kind == "Loc":
            return f"{start}; needed {decimal(rows.foreground)}."
        return f"{start}; {given} is given." if kind == "Cls" else f"{start}."

    def _taken(self, p: int) -> str:
        """Of an unpaired prediction: the given box that it is about, which another prediction has."""
        rows = self.judgement.rows
        g = int(rows.types.target[p])
        shared = decimal(float(iou(rows.predicted_boxes.xyxy[[p]], rows.given_boxes.xyxy[[g]])[0]))
        label = self.classes[rows.given_boxes.label[g]]
        return f", at IoU {shared} with a given {label} that another prediction belongs to"

    @cached_property
    def _types(self) -> np.ndarray:
        return self.judgement.rows.type

    def _why(self, row: int) -> list[str]:
        found = []
        if self._types[row] != RIGHT:
            held = [name for name in CAUSES if self.causes.holds[name][row]]
            words = [self._cause(name, row) for name in held]
            if words:
                found.append(
                    f"{'; '.join(words)}.".capitalize() if not words[0][0].isdigit() else f"{'; '.join(words)}."
                )
            if self.besides[row] in CAUSES:
                found += self._harm(str(self.besides[row]))
        if self.is_suspect[row]:
            found.append(MAY_BE[str(self.judgement.suspicion.kind[row])])
        return found

    def _cause(self, name: str, row: int) -> str:
        rows, facts = self.judgement.rows, self.causes
        boxes, g = rows.given_boxes, int(rows.given[row])
        if name == "occluded":
            label, other = boxes.label[g], boxes.label[int(facts.by[row])]
            by = f"another '{self.classes[other]}'" if label == other else f"'{self.classes[other]}'"
            return f"overlapped {decimal(facts.overlapped[row])} by {by}"
        if name == "truncated":
            edges = [edge for edge, is_at in zip(EDGES, self._touched[row], strict=True) if is_at]
            return f"touches the {' and '.join(edges)} edge{'s' * (len(edges) > 1)}"
        if name == "crowded":
            return f"{self.judgement.crowding[row]} other given boxes within one diagonal"
        width, height = boxes.xyxy[g, 2:] - boxes.xyxy[g, :2]
        return f"{width:.0f} × {height:.0f} px{self._among(row, g)}"

    def _among(self, row: int, g: int) -> str:
        label = self.judgement.rows.given_boxes.label[g]
        share = int(np.ceil(self.causes.smallness[row]))
        if self._class_sizes[label] < ENOUGH or share > 50:
            return ""
        return f", among the smallest {share}% of '{self.classes[label]}'"

    @cached_property
    def _touched(self) -> np.ndarray:
        return touched(self.judgement)

    @cached_property
    def _class_sizes(self) -> np.ndarray:
        boxes = self.judgement.rows.given_boxes
        return np.bincount(boxes.label[~boxes.is_ignored], minlength=len(self.classes))

    def _harm(self, cause: str) -> list[str]:
        with_it, without = self.causes.fail_with[cause], self.causes.fail_without[cause]
        if np.isnan(with_it):
            return []
        noun = {"occluded": "overlapped", "truncated": "cut off"}.get(cause, cause)
        return [f"Of {noun} boxes {100 * with_it:.0f}% are not found as given, of the others {100 * without:.0f}%."]


def decimal(number: float) -> str:
    """Two digits, as `.38`; 1.00 stays. What is below the limit is never rounded up to it."""
    if np.isnan(number):
        return "–"
    cut = np.floor(number * 100 + 1e-9) / 100
    return f"{cut:.2f}".removeprefix("0")
