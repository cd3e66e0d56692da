"""A project of Label Studio, exported as JSON: what people chose for each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hem_core.labels.answers_file import example_id, is_task
from hem_core.prove.lists._entry import Entry, Listed, ListOptions
from hem_core.prove.lists._json import parsed
from hem_core.prove.lists._rows import PATHS, as_text, person, tag_names


def accepts(path: Path) -> bool:
    tasks = _tasks(path)
    return bool(tasks) and isinstance(tasks[0], Mapping) and is_task(tasks[0])


def read(path: Path, options: ListOptions) -> Listed:
    """An entry an annotation: its choices are its label and its tags, and `completed_by` is who gave it.

    A task is named by `example_id` or `id` in its data, else by the files in its data; --column names the field of the
    data instead. --labels-from names the question, where there are several. A task without an annotation is an entry
    without tags.
    """
    entries = []
    for task in (each for each in _tasks(path) if isinstance(each, Mapping)):
        names, answers = _names(task, options), _annotations(task)
        given = [_entry(names, annotation, options) for annotation in answers]
        entries += given or [Entry(names)]
    return Listed(entries, "Label Studio project", needs_tag=any(entry.tags for entry in entries))


def _tasks(path: Path) -> list[Any]:
    found = parsed(path)
    if isinstance(found, Mapping):
        found = found.get("tasks") or ([found] if is_task(found) else None)
    return found if isinstance(found, list) else []


def _annotations(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = task.get("annotations") or task.get("completions") or []
    return [each for each in found if isinstance(each, Mapping) and not each.get("was_cancelled")]


def _entry(names: tuple[str, ...], annotation: Mapping[str, Any], options: ListOptions) -> Entry:
    answers = list(_answers(annotation))
    tags = frozenset(choice for _, choices in answers for choice in choices)
    asked = [choices for question, choices in answers if options.label_column in (None, question)]
    label = "|".join(asked[0]) if len(asked) == 1 and asked[0] else None
    return Entry(names, label=label, tags=tags, who=person(annotation.get("completed_by")))


def _answers(annotation: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Question and what was chosen."""
    for part in annotation.get("result") or ():
        value = part.get("value") if isinstance(part, Mapping) else None
        if isinstance(value, Mapping) and "choices" in value:
            yield str(part.get("from_name")), _listed(value["choices"])
        elif isinstance(value, Mapping) and "number" in value:
            yield str(part.get("from_name")), tag_names([value["number"]])


def _listed(choices: Any) -> list[str]:
    several = choices if isinstance(choices, list) else [choices]
    return [text for each in several if (text := as_text(each))]


def _names(task: Mapping[str, Any], options: ListOptions) -> tuple[str, ...]:
    if not is_task(task):
        return ()
    data = task["data"]
    if options.column:
        return tuple(filter(None, [as_text(data.get(options.column))]))
    id = example_id(task)
    known = [data[name] for name in PATHS if name in data]
    files = [value for value in data.values() if isinstance(value, str) and "/" in value and " " not in value[:200]]
    found = [id, *known, task.get("file_upload"), *files]
    return tuple(dict.fromkeys(text for each in found if (text := as_text(each))))
