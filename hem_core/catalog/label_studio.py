"""A project of Label Studio, exported as JSON, whose answers are on whole examples: choices, ratings, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.boxes.formats import _label_studio_tasks as studio
from hem_core.catalog import info, with_info
from hem_core.catalog import table as tables
from hem_core.errors import DataError

OPTIONS = ("images", "predictions")


def accepts(source: Any) -> bool:
    if not isinstance(source, str | Path):
        return False
    return studio.is_project(Path(source)) and not studio.has_rectangles(Path(source))


def read(
    source: str | Path, *, label_column: str | None = None, images: str | Path | None = None, **columns: Any
) -> pa.Table:
    """One row a task: `id` is `example_id` in its data, else its number; `label` is the answer to the question
    label_column, by default the first one; a set where somebody chose several.

    Of each task the annotation counts that is marked as ground truth, else the last that was not cancelled. The last
    prediction becomes the columns `predicted` and `confidence`. A picture is found in `images` under the path of its
    address, or under its name without the letters that an upload puts before it; a text is the field `text`; fields of
    texts and numbers are columns. Raises DataError for a file without tasks, or a question that has no answer.
    """
    path = Path(source)
    tasks = studio.tasks_of(path.read_bytes(), path)
    question = label_column or _question(tasks)
    answers = [_answer(studio.annotation_of(task), question) for task in tasks]
    if question is None or not any(answers):
        raise DataError(f"no task of '{path}' has an answer to '{label_column or 'a question'}'; name one that has")
    home = Path(images) if images is not None else path.parent
    table = _table(tasks, answers, question, home)
    named = {"image_column": "image", "images": home} if "image" in table.column_names else {}
    found = tables.read(table, id_column="id", label_column="label", **named, **columns)
    notes = [*info(found).get("notes", []), f"The labels are the answers to the question '{question}'."]
    facts = {"root": info(found)["root"] if named else str(home.resolve()), "labels_are": _labels_are(found, answers)}
    return with_info(found, name=path.stem, source=str(source), notes=notes, **facts)


def _table(tasks: list[studio.Task], answers: list[list[str]], question: str, home: Path) -> pa.Table:
    is_set = any(len(each) > 1 for each in answers)
    labels = [each if each or not is_set else None for each in answers]
    columns: dict[str, list[Any]] = {
        "id": [str(task["data"].get("example_id") or task.get("id") or at) for at, task in enumerate(tasks)],
        "label": labels if is_set else [each[0] if each else None for each in answers],
    }
    pictures = [studio.picture_of(task) for task in tasks]
    if any(pictures) and not any(each.startswith("data:") for each in pictures):
        columns["image"] = [studio.picture_name(task, home) for task in tasks]
    predictions = [studio.prediction_of(task) for task in tasks]
    predicted = [_answer(each, question) for each in predictions]
    if any(predicted) and not is_set:
        columns["predicted"] = [each[0] if each else None for each in predicted]
        columns["confidence"] = [each.get("score") if each is not None else None for each in predictions]
    own = [studio.scalars_of(task, ("example_id", *columns)) for task in tasks]
    own = [{name: value for name, value in each.items() if not str(value).startswith("data:")} for each in own]
    columns |= {name: [each.get(name) for each in own] for name in dict.fromkeys(n for each in own for n in each)}
    return pa.table({name: _column(values) for name, values in columns.items()})


def _question(tasks: list[studio.Task]) -> str | None:
    """The first question that an annotation answers."""
    parts = (part for task in tasks for part in studio.results_of(studio.annotation_of(task)) if _is_answer(part))
    return next((str(part.get("from_name")) for part in parts), None)


def _answer(annotation: Mapping[str, Any] | None, question: str | None) -> list[str]:
    """The names that were chosen, or a number as text."""
    for part in studio.results_of(annotation):
        if _is_answer(part) and str(part.get("from_name")) == question:
            found = (part.get("value") or {}).get(part["type"])
            several = found if isinstance(found, list) else [] if found is None else [found]
            return [str(each) for each in several]
    return []


def _is_answer(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") in studio.CHOICES


def _labels_are(found: pa.Table, answers: list[list[str]]) -> str:
    return info(found)["labels_are"] if any(len(each) > 1 for each in answers) else "names"


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
