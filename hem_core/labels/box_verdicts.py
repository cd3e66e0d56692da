"""From the boxes that a person left on a picture to verdicts on the rows of the run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.boxes import box_text
from hem_core.boxes.box_text import ADDED, MOVED, RELABELLED, REMOVED, Corners
from hem_core.boxes.columns import SIDES
from hem_core.boxes.geometry import iou
from hem_core.errors import DataError
from hem_core.labels.box_answers import BoxAnswer, Drawn, Shown
from hem_core.labels.past_imports import KEEP, Verdict
from hem_core.runs.box_decisions import LEVEL, MARK
from hem_core.runs.box_opinions import SAME_IOU, opinions

if TYPE_CHECKING:
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog

STAYS_PX = 0.1
"""By how much a side may differ in a box that nobody touched: percent of the picture, and back."""
MOVED_IOU = 0.1
"""IoU from which a new rectangle stands for the given one that it replaces."""


@dataclass(frozen=True, eq=False)
class RowsOfImages:
    """The boxes of a run by image, and the objects that people added."""

    images: set[str]
    given: dict[str, dict[str, Shown]]
    """Image -> id -> the given box of a row."""
    predicted: dict[str, dict[str, tuple[str, Corners]]]
    """Image -> id -> the predicted box of a row where nothing is given."""
    added: dict[str, dict[str, tuple[str, Corners]]]
    """Image -> id -> an object that somebody added, also as the box of a prediction."""
    state: str
    run: str

    @classmethod
    def of(cls, run: Run, tags: TagLog) -> RowsOfImages:
        """Those of a run and its tag log."""
        table = run.level(LEVEL).table()
        given: dict[str, dict[str, Shown]] = {}
        predicted: dict[str, dict[str, tuple[str, Corners]]] = {}
        image_of: dict[str, str] = {}
        for row in table.to_dict("records"):
            id, image = str(row["id"]), str(row["example"])
            image_of[id] = image
            if isinstance(row["given"], str):
                corners = _corners(row, "given")
                given.setdefault(image, {})[id] = Shown(id, row["given"], corners, corners)
            elif isinstance(row["predicted"], str):
                predicted.setdefault(image, {})[id] = (row["predicted"], _corners(row, "predicted"))
        added: dict[str, dict[str, tuple[str, Corners]]] = {}
        for id, said in opinions(tags.level(LEVEL).actions(run.data)).items():
            for one in said:
                if one.tag == ADDED:
                    image = image_of.get(id) or id.rpartition(MARK)[0]
                    added.setdefault(image, {})[id] = box_text.read(one.value)
        digest = (run.info.get("data", {}).get("annotations") or {}).get("digest")
        images = set(run.table(["id"])["id"].astype(str))
        return cls(images, given, predicted, added, str(digest or ""), run.name)


def verdicts(answer: BoxAnswer, rows: RowsOfImages) -> Iterator[tuple[str, Verdict]]:
    """The id of each row, and the verdict on it, that say what the person left on the picture; none for a skip.

    None either on a box of which it cannot be told what it became: its rectangle has no class, several, or no place.
    """
    if answer.drawn is None:
        return
    given = rows.given.get(answer.image, {})
    shown = _shown(answer, rows)
    pairs = matched(shown, answer.drawn)
    is_used = {*pairs.values(), *_copies(answer.drawn, pairs)}
    fresh = [one for at, one in enumerate(answer.drawn) if at not in is_used]
    is_any_lost = any(not np.isfinite(one.xyxy).all() for one in fresh)
    fresh = [one for one in fresh if _is_box(one, answer.size_px)]
    for at, box in enumerate(shown):
        left = answer.drawn[pairs[at]] if at in pairs else None
        if is_any_lost if left is None else not _is_box(left, answer.size_px):
            continue
        row = given.get(box.id)
        if row is not None:
            yield box.id, _on_given(row, box, left, answer)
            continue
        id = _added_as(box, rows.added.get(answer.image, {}))
        if left is None and id is not None:
            yield id, (REMOVED, "") if MARK in id else (KEEP, "")
        elif left is not None and id is not None:
            yield id, (ADDED, _text(left, answer))
        elif left is not None:
            fresh.append(left)
    yield from _of_fresh(fresh, answer, rows)


def copies(answer: BoxAnswer, rows: RowsOfImages) -> int:
    """How many rectangles lie exactly over another one of their class, as a pasted copy does that nobody moved.

    They are no objects; identical boxes that were given are none of them.
    """
    drawn = answer.drawn or ()
    return len(_copies(drawn, matched(_shown(answer, rows), drawn)))


def _copies(drawn: Sequence[Drawn], pairs: Mapping[int, int]) -> set[int]:
    """The indices of the copies among those that were drawn; pairs: see `matched`."""
    is_paired = set(pairs.values())
    found: set[int] = set()
    for at in range(len(drawn)):
        others = [k for k in range(len(drawn)) if k != at and (k in is_paired or k < at)] if at not in is_paired else []
        if any(drawn[k].label == drawn[at].label and _is_at(drawn[k].xyxy, drawn[at].xyxy) for k in others):
            found.add(at)
    return found


def _shown(answer: BoxAnswer, rows: RowsOfImages) -> tuple[Shown, ...]:
    """What the task started from; the given boxes of the run where it does not say so."""
    return answer.shown if answer.shown is not None else tuple(rows.given.get(answer.image, {}).values())


def matched(shown: Sequence[Shown], drawn: Sequence[Drawn]) -> dict[int, int]:
    """Index of a shown box -> that of the rectangle that it became.

    By the name of the region; then those at the same place; then by the largest IoU from `MOVED_IOU` on, since Label
    Studio names the regions of a copied prediction anew.
    """
    pairs: dict[int, int] = {}
    by_name = {one.region: at for at, one in enumerate(drawn) if one.region}
    for at, box in enumerate(shown):
        number = by_name.pop(box.id.rpartition("#")[2], None)
        if number is not None:
            pairs[at] = number
    scores = _overlap(shown, drawn)
    for at, number in zip(*np.unravel_index(np.argsort(-scores, axis=None, kind="stable"), scores.shape), strict=True):
        is_free = at not in pairs and number not in pairs.values()
        if is_free and scores[at, number] >= MOVED_IOU:
            pairs[int(at)] = int(number)
    return pairs


def _overlap(shown: Sequence[Shown], drawn: Sequence[Drawn]) -> np.ndarray:
    """(S, D) IoU of every pair; 2 where nothing was touched, and a little more where the class is the same."""
    first = np.array([box.seen for box in shown], np.float64).reshape(-1, 4)
    second = np.array([one.xyxy for one in drawn], np.float64).reshape(-1, 4)
    at, number = np.meshgrid(np.arange(len(first)), np.arange(len(second)), indexing="ij")
    shared = iou(first[at.ravel()], second[number.ravel()]).reshape(at.shape)
    is_same = (np.abs(first[:, None] - second[None]) <= STAYS_PX).all(axis=2) if at.size else np.zeros(at.shape, bool)
    labels = np.array([[box.label == one.label for one in drawn] for box in shown], bool).reshape(at.shape)
    return np.where(shared >= MOVED_IOU, np.where(is_same, 2.0, shared) + 0.001 * labels, 0.0)


def _on_given(row: Shown, box: Shown, left: Drawn | None, answer: BoxAnswer) -> Verdict:
    if left is None:
        return REMOVED, ""
    is_untouched = _is_at(left.xyxy, box.seen)
    if _is_at(box.xyxy if is_untouched else left.xyxy, row.xyxy):
        return (KEEP, "") if left.label == row.label else (RELABELLED, left.label)
    return MOVED, box_text.written(left.label, box.xyxy) if is_untouched else _text(left, answer)


def _of_fresh(fresh: Sequence[Drawn], answer: BoxAnswer, rows: RowsOfImages) -> Iterator[tuple[str, Verdict]]:
    """Objects that were drawn, on the row of a prediction where one has the same box; and predictions not taken."""
    predicted = rows.predicted.get(answer.image, {}) if answer.run in ("", rows.run) else {}
    free = dict(predicted)
    for one in fresh:
        box = np.array([one.xyxy])
        shared = {id: float(iou(box, np.array([xyxy]))[0]) for id, (_label, xyxy) in free.items()}
        best = max(shared, key=lambda id: shared[id], default=None)
        text = _text(one, answer)
        if best is not None and shared[best] >= SAME_IOU:
            del free[best]
            yield best, (ADDED, text)
        else:
            name = hashlib.sha256(f"{answer.who}\0{text}".encode()).hexdigest()[:12]
            yield f"{answer.image}{MARK}{name}", (ADDED, text)
    settled = rows.added.get(answer.image, {})
    for id in answer.predicted:
        if id in free and id not in settled:
            yield id, (KEEP, "")


def _added_as(box: Shown, added: dict[str, tuple[str, Corners]]) -> str | None:
    """The id under which somebody added a box that is none of the run's."""
    return next((id for id, (label, xyxy) in added.items() if label == box.label and _is_at(xyxy, box.xyxy)), None)


def _text(one: Drawn, answer: BoxAnswer) -> str:
    whole = all(answer.size_px)
    return box_text.written(one.label, box_text.fitted(one.xyxy, answer.size_px) if whole else one.xyxy)


def _is_box(one: Drawn, size_px: tuple[float, float]) -> bool:
    """Whether a rectangle can be stored: with a class, and at least 1 px wide and high inside its picture."""
    if not np.isfinite(one.xyxy).all():
        return False
    try:
        box_text.check_label(one.label)
        if all(size_px):
            box_text.fitted(one.xyxy, size_px)
    except DataError:
        return False
    return True


def _is_at(one: Corners, other: Corners) -> bool:
    return all(abs(a - b) <= STAYS_PX for a, b in zip(one, other, strict=True))


def _corners(row: dict[str, Any], which: str) -> Corners:
    left, top, right, bottom = (float(row[f"{which}_{side}"]) for side in SIDES)
    return left, top, right, bottom
