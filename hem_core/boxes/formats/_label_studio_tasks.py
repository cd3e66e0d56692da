"""The tasks of a Label Studio project, exported as JSON: what is annotated, what was predicted, and which picture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hem_core.boxes.formats import _json
from hem_core.boxes.formats._pictures import SUFFIXES
from hem_core.errors import DataError

PEEK = 1 << 20
RECTANGLES = "rectanglelabels"
CHOICES = ("choices", "rating", "number")
"""Types of a result that are an answer on the whole example."""
_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""
Task = dict[str, Any]


def is_project(path: Path) -> bool:
    """Whether a .json is an export of tasks, by its first bytes."""
    return bool(_start(path))


def has_rectangles(path: Path) -> bool:
    """Whether its tasks have rectangles with labels, by its first bytes."""
    return f'"{RECTANGLES}"'.encode() in _start(path)


def tasks_of(content: bytes, path: Path) -> list[Task]:
    """The tasks. Raises DataError for what is no list of tasks."""
    found = _json.loads(content, path)
    tasks = [each for each in found if isinstance(each, dict) and isinstance(each.get("data"), dict)] if isinstance(
        found, list
    ) else []  # fmt: skip
    if not tasks:
        raise DataError(f"{path} has no tasks of Label Studio; export the project as JSON")
    return tasks


def annotation_of(task: Mapping[str, Any]) -> dict[str, Any] | None:
    """The annotation that counts: one marked as ground truth, else the last that was not cancelled; None for none."""
    listed = task.get("annotations") or task.get("completions") or []
    found = [each for each in listed if isinstance(each, dict) and not each.get("was_cancelled")]
    return next((each for each in found if each.get("ground_truth")), found[-1] if found else None)


def prediction_of(task: Mapping[str, Any]) -> dict[str, Any] | None:
    """The last prediction of a model; None for none. The given boxes, which HEM's own tasks have as one, are none."""
    listed = task.get("predictions") or []
    found = [each for each in listed if isinstance(each, dict) and each.get("model_version") != "given"]
    return found[-1] if found else None


def results_of(annotation: Mapping[str, Any] | None) -> list[Any]:
    """The parts of an annotation or a prediction."""
    found = annotation.get("result") if annotation is not None else None
    return list(found) if isinstance(found, list) else []


def picture_of(task: Mapping[str, Any]) -> str:
    """The address of the picture: the field `image`, else the first field that names one; "" for none."""
    data = task["data"]
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    named = [value for value in texts.values() if Path(plain_path(value)).suffix.lower() in SUFFIXES]
    return str(texts.get("image") or next(iter(named), ""))


def picture_name(task: Mapping[str, Any], home: Path) -> str:
    """The file of the picture below a folder: under its whole path, its name, or its name before it was uploaded.

    Of a picture inside the task, or without one, the id of the example.
    """
    address = picture_of(task)
    if not address or address.startswith("data:"):
        return str(task["data"].get("example_id") or task.get("id") or "")
    path = plain_path(address).lstrip("/")
    name = path.rpartition("/")[2]
    names = [path, name, _UPLOAD.sub("", name, count=1)]
    return next((each for each in names if (home / each).is_file()), names[-1])


def plain_path(address: str) -> str:
    """The path in an address, as of a bucket or of Label Studio's local files (?d=folder/a.jpg)."""
    if "://" not in address and "?d=" not in address:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return unquote(parse_qs(parts.query).get("d", [parts.path])[0])


def scalars_of(task: Mapping[str, Any], without: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a task's data that are texts or numbers."""
    return {name: value for name, value in task["data"].items()
            if isinstance(value, str | int | float) and name not in without}  # fmt: skip


def _start(path: Path) -> bytes:
    if path.suffix.lower() != ".json" or not path.is_file():
        return b""
    with path.open("rb") as file:
        start = file.read(PEEK)
    is_list = start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    words = b'"data"' in start and b'"result"' in start and (b'"annotations"' in start or b'"predictions"' in start)
    return start if is_list and words else b""
