"""Labels that people gave elsewhere: Label Studio's JSON, or a CSV, JSON or JSON Lines file of ids and labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hem_core.errors import DataError

ID_NAMES = ("example_id", "id")
LABEL_NAMES = ("label", "choice")
WHO_NAMES = ("who", "annotator", "completed_by")
AT_NAMES = ("updated_at", "created_at", "at")


@dataclass(frozen=True)
class Answer:
    """What one person said of one example."""

    id: str
    label: str | None
    """None: looked at, and skipped."""
    who: str
    at: str
    """When, as ISO 8601, or "" where it is not known."""


@dataclass(frozen=True)
class Answers:
    """What a file says, in its order, and the ids that it has no answer for, or one that is no single label."""

    answers: list[Answer]
    unanswered: list[str]


def read_answers(path: Path, *, who: str) -> Answers:
    """Read the answers in a file; who: the person where the file names none.

    Raises DataError when it is no such file, or a row has no id.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}'; give Label Studio's JSON export, or a CSV or JSONL with id and label")
    try:
        rows = _rows(path)
    except (ValueError, csv.Error) as error:
        raise DataError(f"cannot read '{path}': {error}; wanted .json, .jsonl or .csv in UTF-8") from error
    if not rows:
        raise DataError(f"'{path}' has no rows")
    found, unanswered = [], []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise DataError(
                f"entry {number} of '{path}' is {type(row).__name__}; wanted a task, or an object with id and label"
            )
        answers = _of_task(row, path, number, who) if "data" in row else _of_row(row, path, number, who)
        found += answers
        if not answers:
            unanswered.append(_id(row.get("data", row), path, number))
    return Answers(found, unanswered)


def _rows(path: Path) -> list[Any]:
    if path.suffix.lower() == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    text = path.read_text("utf-8-sig")
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    found = json.loads(text)
    if not isinstance(found, list):
        raise ValueError(f"it holds one {type(found).__name__}, not a list")
    return found


def _of_task(task: Mapping[str, Any], path: Path, number: int, who: str) -> list[Answer]:
    id = _id(task["data"], path, number)
    found = []
    for annotation in task.get("annotations") or task.get("completions") or ():
        person = _person(annotation.get("completed_by"), who)
        at = _first(annotation, AT_NAMES)
        if annotation.get("was_cancelled"):
            found.append(Answer(id, None, person, at))
            continue
        label = _choice(annotation.get("result") or ())
        if label is not None:
            found.append(Answer(id, label, person, at))
    return found


def _choice(result: Any) -> str | None:
    """The one label that was chosen; where there are several questions, under `label`."""
    chosen = [part for part in result if part.get("type") == "choices"]
    named = [part for part in chosen if part.get("from_name") == "label"]
    labels = [label for part in (named or chosen) for label in part.get("value", {}).get("choices", ())]
    return str(labels[0]) if len(set(labels)) == 1 else None


def _of_row(row: Mapping[str, Any], path: Path, number: int, who: str) -> list[Answer]:
    id, label = _id(row, path, number), next((row[name] for name in LABEL_NAMES if name in row), KeyError)
    if label is KeyError:
        raise DataError(f"row {number} of '{path}' has no 'label'; there are: {', '.join(map(str, row))}")
    if label is None or label == "":
        return []
    person = next((row[name] for name in WHO_NAMES if row.get(name) not in (None, "")), None)
    return [Answer(id, str(label), _person(person, who), _first(row, AT_NAMES))]


def _id(row: Any, path: Path, number: int) -> str:
    found = next((row[name] for name in ID_NAMES if isinstance(row, Mapping) and row.get(name) not in (None, "")), None)
    if found is None:
        there = ", ".join(map(str, row)) if isinstance(row, Mapping) else "nothing"
        raise DataError(f"row {number} of '{path}' has no 'id' or 'example_id'; there are: {there}")
    return str(found)


def _person(given: Any, who: str) -> str:
    if isinstance(given, Mapping):
        given = given.get("email") or given.get("username") or given.get("id")
    if given is None or str(given).strip() == "":
        return who
    text = str(given).strip()
    return f"annotator {text}" if text.isdigit() else text[:255]


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")
