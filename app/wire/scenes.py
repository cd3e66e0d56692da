"""The boxes of an example for Review, which are drawn over its picture, and the verdicts that correct them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app import loaders
from app.wire import pictures
from app.wire.identity import identity
from hem_core.boxes import box_text
from hem_core.boxes.box_text import ADDED, HOLD_A_BOX, MOVED, RELABELLED, REMOVED, TAKE_PREDICTED
from hem_core.errors import DataError, HemError
from hem_core.runs.box_decisions import MARK
from hem_core.runs.box_opinions import ANNOTATIONS
from hem_core.store.level_names import EXAMPLES
from hem_core.tasks import Choice, Corrects

if TYPE_CHECKING:
    import numpy as np

    from hem_core.store.level import Level

CORRECTING = (RELABELLED, MOVED, ADDED, REMOVED, TAKE_PREDICTED)
"""Verdicts that change the annotations."""


def corrects(level: Level) -> Corrects | None:
    """The task of a level whose rows, or whose examples' parts, people correct; None for all others."""
    task = loaders.task(level)
    is_there = isinstance(task, Corrects) and level.name in (EXAMPLES, task.corrects)
    return task if is_there and task.corrects in (level.info.get("levels") or ()) else None  # pyright: ignore


def scenes(level: Level, rows: Sequence[int]) -> list[dict[str, Any]]:
    """What Review needs to draw and correct each row, `scene` and `choices`; {} for a level that is not corrected."""
    task = corrects(level)
    if task is None or not len(rows):
        return [{} for _row in rows]
    parts = loaders.level(level.run, task.corrects)
    is_part = level.name == task.corrects
    shown = level.records(rows) if is_part else level.records(rows, ["id"])
    examples = [str(one["example" if is_part else "id"]) for one in shown]
    wanted = list(dict.fromkeys(examples))
    verdicts = loaders.verdicts(parts)
    added = _added(verdicts, wanted)
    boxes = {
        example: [_drawn(task, part, row, verdicts) for part, row in found]
        for example, found in _parts(parts, wanted).items()
    }
    sizes = {example: pictures.size_of(level.run, example) for example in wanted}
    items = []
    for one, example in zip(shown, examples, strict=True):
        width, height = sizes[example]
        scene = {
            "example": example,
            "level": parts.name,
            "width": width,
            "height": height,
            "part": str(one["id"]) if is_part else None,
            "boxes": boxes[example],
            "added": added[example],
        }
        items.append({"scene": scene, "choices": [asdict(each) for each in task.choices(one)] if is_part else None})
    return items


def for_page(level: Level) -> dict[str, Any]:
    """What Review is told of a level whose boxes people correct: `corrects` (null on all others), and its answers."""
    task = corrects(level)
    if task is None:
        return {"corrects": None, "has_choices": False}
    parts = loaders.level(level.run, task.corrects)
    found = {"level": parts.name, "identity": identity(parts), "classes": list(parts.classes)}
    if level.name != task.corrects:
        return {"corrects": found, "has_choices": False}
    blind = [asdict(choice) for choice in task.blind_choices()]
    return {"corrects": found, "has_choices": True, "blind_choices": blind}


def blinded(item: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """What blind review may show of an item: `seen`, and the box that is asked about, without a word on its origin."""
    scene = item.get("scene")
    if scene is None or not seen.get("is_blinded"):
        return dict(seen)
    about = next((box for box in scene["boxes"] if box["id"] == scene["part"]), None)
    place = {"given": about["given"] or about["predicted"], "predicted": None} if about else {}
    boxes = [{**place, "outcome": "hidden", "is_asked": True}] if about else []
    size = {name: scene[name] for name in ("width", "height")}
    return {**seen, "scene": {**size, "part": None, "boxes": boxes, "added": []}}


def example_of(id: str) -> str | None:
    """The example that an object was added to, from the id of the object; None for another id."""
    example, mark, name = id.rpartition(MARK)
    return example if mark and example and name.isalnum() else None


def _parts(parts: Level, examples: Sequence[str]) -> dict[str, list[tuple[dict[str, Any], int]]]:
    rows = loaders.rows_of_examples(parts, examples)
    found: dict[str, list[tuple[dict[str, Any], int]]] = {example: [] for example in examples}
    for part, row in zip(parts.records(rows), rows, strict=True):
        found[str(part["example"])].append((part, row))
    return found


def _drawn(task: Corrects, part: Mapping[str, Any], row: int, verdicts: Any) -> dict[str, Any]:
    id = str(part["id"])
    said = verdicts.loc[id, ["tag", "value"]].to_dict() if id in verdicts.index else None
    return {**task.scene(part), "row": row, "verdict": said}


def _added(verdicts: Any, examples: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The objects that people added to some examples."""
    found: dict[str, list[dict[str, Any]]] = {example: [] for example in examples}
    some = verdicts.loc[verdicts["tag"] == ADDED, :]
    for id, value, who in zip(some.index.tolist(), some["value"].tolist(), some["who"].tolist(), strict=True):
        example = example_of(str(id))
        if example in found:
            try:
                label, box = box_text.read(value)
            except DataError:
                continue  # written by no page of ours
            found[example].append({"id": str(id), "label": label, "box": box, "who": who})
    return found


def is_added(level: Level, id: str) -> bool:
    """Whether an id is of an object that a person can add to an example of this run."""
    example = example_of(id)
    return example is not None and loaders.is_corrected(level) and example in loaders.row_of(_examples(level))


def about(level: Level) -> str:
    """What a correction on this level is stored with: which state of the annotations it was made on; "" elsewhere."""
    source = (level.info.get("data") or {}).get("annotations") or {}
    return json.dumps({ANNOTATIONS: source["digest"]}) if loaders.is_corrected(level) and source.get("digest") else ""


def answered(level: Level, row: int, label: str) -> tuple[str, str] | None:
    """The verdict that a class is on a row, named without sight of what is given; None where nothing is corrected."""
    task = corrects(level)
    if task is None or level.name != task.corrects:
        return None
    return task.answered(level.records([row])[0], label)


def checked(level: Level, ids: Sequence[str], tag: str, value: str) -> tuple[str, str]:
    """The value to store for a verdict on rows that people correct, and what was changed in it.

    Raises HemError for what cannot be stored.
    """
    task = corrects(level)
    if task is None or level.name != task.corrects:
        return value, ""
    if len(ids) != 1:
        check_many(level, tag)
        return value, ""
    row = loaders.row_of(level).get(ids[0])
    part = level.records([row])[0] if row is not None else None
    example = str(part["example"]) if part is not None else str(example_of(ids[0]))
    return task.checked(part, tag, value, pictures.size_of(level.run, example))


def choices_on_many(level: Level) -> tuple[Choice, ...]:
    """The answers that can be given to many rows of a level at once; () where nothing is corrected."""
    task = corrects(level)
    return task.bulk_choices() if task is not None and level.name == task.corrects else ()


def fitting(level: Level, tag: str, rows: np.ndarray) -> tuple[np.ndarray, str]:
    """Of some rows those that a verdict on many can be about, and what the others lack, 'given' or 'predicted'."""
    needs = next((one.needs for one in choices_on_many(level) if one.tag == tag), "")
    if not needs:
        return rows, ""
    return rows[level.at(rows, [needs])[needs].notna().to_numpy()], needs


def check_many(level: Level, tag: str) -> None:
    """Raise HemError for a verdict that cannot be given to many rows at once, because its value is one box."""
    if tag in HOLD_A_BOX and loaders.is_corrected(level):
        raise HemError(f"'{tag}' holds one box, so it is about one row at a time; open each in Review")


def _examples(level: Level) -> Level:
    return loaders.level(level.run, EXAMPLES)
