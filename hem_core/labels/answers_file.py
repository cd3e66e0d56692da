"""Labels that people gave elsewhere: Label Studio's exports, or rows of ids and labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hem_core.cells import is_safe
from hem_core.errors import DataError
from hem_core.tag_sets import NONE

ID_NAMES = ("example_id", "id")
LABEL_NAMES = ("label", "choice")
WHO_NAMES = ("who", "annotator", "completed_by")
AT_NAMES = ("updated_at", "created_at", "at")
SHOWN = ("given_label", "label_before", "label_given", "predicted", "suggested_label", "reason")
"""Columns that a task shows next to its question; their values are not answers."""


@dataclass(frozen=True)
class Answer:
    """One person's answer for one example."""

    id: str
    label: str | None
    """None: looked at, and skipped."""
    who: str
    at: str
    """When, as ISO 8601, or "" where it is not known."""


@dataclass(frozen=True)
class Answers:
    """The answers in a file, in its order."""

    answers: list[Answer] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    """Ids without an answer, or with one that is no single label."""
    without_id: list[int] = field(default_factory=list)
    """Numbers, from 1, of the entries that name no example."""
    is_guarded: bool = False
    """Whether the file may be a CSV that HEM wrote: a text like a formula may start with an apostrophe."""


def answers_of(
    rows: Sequence[Any],
    path: Path,
    *,
    who: str,
    classes: Collection[str] = (),
    set_of: Callable[[Any], str | None] | None = None,
) -> Answers:
    """The answers in the rows of a file; who: the person where a row names none.

    classes: determine which question of several is about the label, where none is called `label`. set_of: reads an
    answer where labels are sets of tags, and raises DataError for what is no such set.
    Raises DataError when no row names an example, or rows of a table have no label.
    """
    rows = [_named(row) for row in rows]
    found = Answers([], [], [], _is_guarded(rows, path))
    for number, row in enumerate(rows, 1):
        id = example_id(row)
        if id is None:
            found.without_id.append(number)
            continue
        if set_of is not None:
            row = _with_set(row, set_of)
        answers = _of_task(row, id, who, classes) if is_task(row) else _of_row(row, id, path, number, who, classes)
        found.answers.extend(answers)
        if not answers:
            found.unanswered.append(id)
    if len(found.without_id) == len(rows):
        first = rows[0]
        there = ", ".join(map(str, first)) if isinstance(first, Mapping) else f"one {type(first).__name__}"
        raise DataError(f"row 1 of '{path}' has no 'id' or 'example_id'; there are: {there}")
    return found


def _with_set(row: Mapping[str, Any], set_of: Callable[[Any], str | None]) -> Mapping[str, Any]:
    """The row, or the task, whose answers are each one text: the set of tags as the run writes it."""
    if not is_task(row):
        names = {str(name).strip().lower(): name for name in row}
        name = next((names[each] for each in LABEL_NAMES if each in names), None)
        value = row.get(name) if name is not None else None
        return row if value is None else {**row, str(name): _set_text(value, set_of)}
    kind = "annotations" if row.get("annotations") else "completions"
    found = [
        {**each, "result": [_one_choice(part, set_of) for part in each.get("result") or ()]}
        for each in row.get(kind) or ()
        if isinstance(each, Mapping)
    ]
    return {**row, kind: found}


def _one_choice(part: Any, set_of: Callable[[Any], str | None]) -> Any:
    value = part.get("value") if isinstance(part, Mapping) and part.get("type") == "choices" else None
    if not isinstance(value, Mapping):
        return part
    return {**part, "value": {**value, "choices": [_set_text(_texts(value.get("choices")), set_of)]}}


def _set_text(value: Any, set_of: Callable[[Any], str | None]) -> Any:
    """The set in an answer as text; an answer that names something else as it is, to be reported.

    Label Studio's short exports write several tags as {"choices": […]}, in a cell as the JSON of it.
    """
    is_choices = isinstance(value, Mapping) or (isinstance(value, str) and isinstance(_parsed(value), Mapping))
    value = _texts(value) if is_choices else value
    try:
        return set_of(NONE if value == [NONE] else value)
    except DataError:
        return "|".join(map(str, value)) if isinstance(value, list | tuple) else value


def _named(row: Any) -> Any:
    """A row of a table whose id has a name such as "ID" or " Id", its columns in lower case."""
    if not isinstance(row, Mapping) or is_task(row) or any(name in row for name in ID_NAMES):
        return row
    return {str(name).strip().lower(): value for name, value in row.items()}


def is_task(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("data"), Mapping)


def _is_guarded(rows: Sequence[Any], path: Path) -> bool:
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson", ".parquet"):
        return False
    return all(is_safe(id) for id in map(example_id, rows) if id is not None)


def _of_task(task: Mapping[str, Any], id: str, who: str, classes: Collection[str]) -> list[Answer]:
    found = []
    listed = task.get("annotations") or task.get("completions")
    for annotation in listed if isinstance(listed, list) else ():
        if not isinstance(annotation, Mapping):
            continue
        person, at = person_name(annotation.get("completed_by"), who), first_text(annotation, AT_NAMES)
        if annotation.get("was_cancelled") or annotation.get("skipped"):
            found.append(Answer(id, None, person, at))
            continue
        label = _choice(annotation.get("result"), classes)
        if label is not None:
            found.append(Answer(id, label, person, at))
    return found


def _choice(result: Any, classes: Collection[str]) -> str | None:
    """The one label that was chosen; of several questions the one called `label`, else the one about the classes."""
    questions: dict[str, list[str]] = {}
    for part in result if isinstance(result, list) else ():
        value = part.get("value") if isinstance(part, Mapping) and part.get("type") == "choices" else None
        if isinstance(value, Mapping):
            questions.setdefault(str(part.get("from_name")), []).extend(_texts(value.get("choices")))
    named = [labels for name, labels in questions.items() if name.lower() in LABEL_NAMES]
    about = [labels for labels in questions.values() if labels and set(labels) <= set(classes)]
    chosen = {label for labels in (named or about or list(questions.values())) for label in labels}
    return chosen.pop() if len(chosen) == 1 else None


def _of_row(
    row: Mapping[str, Any], id: str, path: Path, number: int, who: str, classes: Collection[str]
) -> list[Answer]:
    responses = _responses(row)
    if responses is not None:
        return _of_responses(responses, id, who, classes)
    names = {str(name).strip().lower(): name for name in row}
    name = next((names[each] for each in LABEL_NAMES if each in names), None)
    name = name if name is not None else _about(row, classes)
    if name is None and (classes or not _is_export(row)):
        raise DataError(f"row {number} of '{path}' has no 'label'; there are: {', '.join(map(str, row))}")
    chosen = set(_texts(row.get(name))) if name is not None else set()
    person = next((row[each] for each in WHO_NAMES if row.get(each) not in (None, "")), None)
    is_skipped = str(row.get("was_cancelled") or "").lower() in ("true", "1")
    if is_skipped:
        return [Answer(id, None, person_name(person, who), first_text(row, AT_NAMES))]
    if len(chosen) != 1:
        return []
    return [Answer(id, chosen.pop(), person_name(person, who), first_text(row, AT_NAMES))]


def _responses(row: Mapping[str, Any]) -> dict[str, list[tuple[str, Any]]] | None:
    """Argilla's answers, question -> (answer, person): of its records, or of a table that it was exported as."""
    found = _parsed(row.get("responses"))
    if isinstance(found, Mapping):
        return {
            str(question): [
                (text, each.get("user_id"))
                for each in (listed if isinstance(listed, list) else [])
                if isinstance(each, Mapping) and each.get("status") != "discarded"
                for text in _texts(each.get("value"))
            ]
            for question, listed in found.items()
        }
    columns = [str(name) for name in row if str(name).endswith(".responses")]
    if not columns:
        return None
    people = {name: _texts(row.get(f"{name}.users")) for name in columns}
    return {
        name.removesuffix(".responses"): list(zip_longest(_texts(row[name]), people[name][: len(_texts(row[name]))]))
        for name in columns
    }


def _of_responses(
    responses: Mapping[str, list[tuple[str, Any]]], id: str, who: str, classes: Collection[str]
) -> list[Answer]:
    """One answer a person, to the question called `label`, else to the one about the classes."""
    named = [said for question, said in responses.items() if question.lower() in LABEL_NAMES]
    about = [said for said in responses.values() if said and {text for text, _ in said} <= set(classes)]
    chosen = (named or about or [*responses.values()])[0] if responses else []
    return [Answer(id, text, person_name(person, who), "") for text, person in chosen]


def _is_export(row: Mapping[str, Any]) -> bool:
    """Whether it is a row of Label Studio's short exports, which name a column after the question."""
    return any(name in row for name in ("annotation_id", "annotator", "lead_time"))


def _about(row: Mapping[str, Any], classes: Collection[str]) -> str | None:
    """The one column of a short export that holds a class and is not shown beside the question."""
    if not _is_export(row):
        return None
    found = [name for name, value in row.items() if name not in SHOWN and set(_texts(value)) & set(classes)]
    return found[0] if len(found) == 1 else None


def _texts(value: Any) -> list[str]:
    """The labels in a value: a text, a number, a list, {"choices": …}, or the JSON of one of these in a cell."""
    if isinstance(value, Mapping):
        return _texts(value.get("choices"))
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    if value is None or value == "":
        return []
    if isinstance(value, str) and value[0] in "[{":
        try:
            return _texts(json.loads(value))
        except (ValueError, RecursionError):
            return [value]
    return [_text(value)]


def example_id(row: Any) -> str | None:
    """The id of the example of a task or row. A task's own `id` is Label Studio's number, not ours."""
    if not isinstance(row, Mapping):
        return None
    if not is_task(row):
        nested = [_parsed(row.get(name)) for name in ("meta", "metadata")]
        return next(_ids([row, *nested], ID_NAMES[:1]), None) or next(_ids([row], ID_NAMES), None)
    data = row["data"]
    return next(_ids([data, data.get("data"), data.get("meta"), row.get("meta")], ID_NAMES), None)


def _ids(places: Sequence[Any], names: Sequence[str]) -> Iterator[str]:
    found = ((place, name) for place in places if isinstance(place, Mapping) for name in names)
    return (_text(place[name]) for place, name in found if _is_id(place.get(name)))


def _parsed(value: Any) -> Any:
    """The value of a cell, which may hold JSON."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] == "{" else value
    except (ValueError, RecursionError):
        return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def person_name(given: Any, who: str) -> str:
    if isinstance(given, Mapping):
        given = given.get("email") or given.get("username") or given.get("id")
    if given is None or str(given).strip() == "":
        return who
    text = str(given).strip()
    return f"annotator {text}" if text.isdigit() else text[:255]


def first_text(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")
