"""Corrections that people made to given boxes, applied: annotations as they should be, and a list of what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from hem_core.boxes.annotations import Annotations, Key
from hem_core.boxes.arrays import GivenBoxes
from hem_core.boxes.geometry import areas, is_degenerate

Action = Literal["add", "remove", "move", "relabel"]
ACTIONS: tuple[Action, ...] = get_args(Action)
DONE = {"move": "moved", "relabel": "relabelled", "add": "added", "remove": "removed"}
"""Action -> what was done to a box, in the order in which they are counted."""


@dataclass(frozen=True)
class Correction:
    """One decision of a person about one box."""

    image: str
    """Id of the image."""
    action: Action
    box: str | None = None
    """Id of the given box, `<image id>#g3`; None to add one."""
    xyxy: tuple[float, float, float, float] | None = None
    """The right place in px, to add or move."""
    label: str | None = None
    """The right class, to add or relabel."""
    who: str = ""
    when: str = ""


@dataclass(frozen=True)
class Change:
    """What became of one correction."""

    correction: Correction
    box: str | None
    """Id of the box, that of a new one included."""
    before_xyxy: tuple[float, ...] | None
    before_label: str | None
    refused: str = ""
    """Why it was not applied; "" when it was."""


def apply_corrections(
    annotations: Annotations, corrections: Sequence[Correction]
) -> tuple[Annotations, tuple[Change, ...]]:
    """Corrected annotations, and a Change for every correction, in their order; a later one sees the earlier ones.

    A class that is not there is added to those of the annotations. A correction about an image or box that is not
    there, one of a box that was removed, and one without its new place or class are refused, and the Change says why.
    Boxes that no correction names keep their bytes when written.
    """
    ledger = _Ledger(annotations)
    changes = tuple(ledger.apply(correction) for correction in corrections)
    return ledger.annotations(), changes


class _Ledger:
    """Boxes in the making: rows of the arrays, and those added."""

    def __init__(self, annotations: Annotations) -> None:
        boxes = annotations.boxes
        self.before = annotations
        self.image, self.label = boxes.image.tolist(), boxes.label.tolist()
        self.xyxy = [tuple(row) for row in boxes.xyxy.tolist()]
        self.number = boxes.number.tolist()
        self.moved: set[int] = set()
        self.removed: set[int] = set()
        self.image_at = {id: index for index, id in enumerate(annotations.image_ids)}
        self.categories = list(annotations.categories)
        self.label_at = {name: index for index, name in enumerate(annotations.categories)}
        self.box_at = {id: index for index, id in enumerate(annotations.box_ids())}
        self.last_number: dict[int, int] = {}
        for image, number in zip(self.image, self.number, strict=True):
            self.last_number[image] = max(number, self.last_number.get(image, 0))

    def apply(self, order: Correction) -> Change:
        refused = self._refusal(order)
        if order.action == "add":
            return Change(order, None if refused else self._add(order), None, None, refused)
        at = self.box_at.get(order.box or "")
        if at is None:
            return Change(order, order.box, None, None, refused)
        change = Change(order, order.box, self.xyxy[at], self.categories[self.label[at]], refused)
        if not refused:
            self._change(order, at)
        return change

    def _change(self, order: Correction, at: int) -> None:
        if order.action == "remove":
            self.removed.add(at)
        elif order.action == "relabel":
            self.label[at] = self._class(order.label)
        elif order.xyxy is not None:
            self.xyxy[at] = order.xyxy
            self.moved.add(at)

    def _add(self, order: Correction) -> str:
        image = self.image_at[order.image]
        self.last_number[image] = self.last_number.get(image, 0) + 1
        self.image.append(image)
        self.label.append(self._class(order.label))
        self.xyxy.append(tuple(order.xyxy or ()))
        self.number.append(self.last_number[image])
        id = f"{order.image}#g{self.last_number[image]}"
        self.box_at[id] = len(self.image) - 1
        return id

    def _class(self, label: str | None) -> int:
        """The index of a class, which is added where the annotations lack it."""
        name = label or ""
        if name not in self.label_at:
            self.label_at[name] = len(self.categories)
            self.categories.append(name)
        return self.label_at[name]

    def _refusal(self, order: Correction) -> str:
        if order.action not in ACTIONS:
            return f"no action '{order.action}'; there are: {', '.join(ACTIONS)}"
        if order.image not in self.image_at:
            return f"no image '{order.image}' in these annotations"
        if order.action != "add":
            at = self.box_at.get(order.box or "")
            if at is None or self.image[at] != self.image_at[order.image]:
                return f"no box '{order.box}' in image '{order.image}'"
            if at in self.removed:
                return f"box '{order.box}' was removed before"
        if order.action in ("add", "relabel") and not (order.label or "").strip():
            return f"to {order.action} a box takes its class"
        return self._bad_place(order) if order.action in ("add", "move") else ""

    def _bad_place(self, order: Correction) -> str:
        corners = np.asarray(order.xyxy or [np.nan], np.float64).reshape(1, -1)
        if corners.shape != (1, 4) or not np.isfinite(corners).all():
            return f"to {order.action} a box takes its left, top, right and bottom in px"
        return "the new place has no width or no height" if is_degenerate(corners)[0] else ""

    def annotations(self) -> Annotations:
        """The corrected annotations; their problems are those of the file as it was read."""
        old, n_added = self.before.boxes, len(self.image) - len(self.before.boxes)
        xyxy = np.asarray(self.xyxy, np.float64).reshape(-1, 4)
        area = areas(xyxy)
        as_before = [index for index in range(len(old)) if index not in self.moved]
        area[as_before] = old.area_px[as_before]
        nothing = np.zeros(n_added, bool)
        boxes = GivenBoxes(
            np.asarray(self.image, np.int64),
            np.asarray(self.label, np.int64),
            xyxy,
            area,
            np.concatenate([old.is_crowd, nothing]),
            np.concatenate([old.is_ignored, nothing]),
            np.asarray(self.number, np.int64),
        )
        records = np.concatenate([self.before.records, np.full(n_added, -1)])
        kept = np.asarray([index for index in range(len(boxes)) if index not in self.removed], np.int64)
        classes = tuple(self.categories)
        keys = _keys(self.before, classes)
        return replace(
            self.before, categories=classes, category_keys=keys, boxes=boxes.take(kept), records=records[kept]
        )


def _keys(before: Annotations, classes: tuple[str, ...]) -> tuple[Key, ...]:
    """What the file calls each class: numbers go on after the largest one, names are the classes' own."""
    known, new = before.category_keys, classes[len(before.categories) :]
    numbers = [key for key in known if isinstance(key, int)]
    if len(numbers) < len(known):
        return (*known, *new)
    return (*known, *range(max(numbers, default=-1) + 1, max(numbers, default=-1) + 1 + len(new)))
