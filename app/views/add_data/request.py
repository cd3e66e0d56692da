"""What is to be added, as it was chosen so far; it stands in the page's address, so a reload loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app import loaders, state
from hem_core.buckets.address import is_address
from hem_core.runs.data_preview import DataPreview, Request, option_words
from hem_core.store.uploads import FOLDER

COLUMNS = ("id_column", "label_column", "image_column", "text_column", "feature_columns")
FOLDS = 5
WORDS = {
    "pass --classes in": "fill in Classes, in",
    "--label-column": "Label",
    "--id-column": "Ids",
    "--image-column": "Pictures",
    "--text-column": "Texts",
    "--feature-columns": "Features",
    "--classes": "Classes",
    "--predictions": "Predictions file",
    "--images": "Folder of the pictures",
    "--separator": "Separator of the tags",
    "--annotations-format": "hem score --annotations-format",
    "--task": "Task",
    "--train": "Train function",
}
"""Options of the command line -> the fields of the page."""


def chosen(name: str, usual: Any = "") -> Any:
    """A choice; `usual` where none of its type was made: an address can hold anything."""
    found = state.adding().get(name)
    return found if isinstance(found, type(usual)) and not isinstance(found, bool) else usual


def choose(name: str, value: Any) -> None:
    """Make a choice; an empty one is taken out. Other data drop what was chosen for the earlier ones."""
    kept = {} if name == "data" else {key: each for key, each in state.adding().items() if key != name}
    if isinstance(value, str):
        value = value.strip()
    state.set_adding({**kept, name: value} if value not in ("", None, [], {}) else kept)


def field(name: str, value: Any) -> dict[str, Any]:
    """The key and the callback of the widget of a choice, which shows `value`."""
    key = f"add_{name}"
    return {"key": state.put(key, value), "on_change": state.take(key, lambda new: choose(name, new))}


def column(name: str, value: Any, usual: Any) -> dict[str, Any]:
    """The same for a column; the one that is taken anyway is not written. A list of columns is joined by commas."""

    def take(new: Any) -> None:
        text = ",".join(new) if isinstance(new, list) else new
        was = ",".join(usual) if isinstance(usual, list) else usual
        columns = {key: each for key, each in columns_chosen().items() if key != name}
        choose("columns", columns if text in (was, "", None) else {**columns, name: text})

    key = f"add_{name}"
    return {"key": state.put(key, value), "on_change": state.take(key, take)}


def columns_chosen() -> dict[str, str]:
    """The columns that were chosen, by the option of the reader."""
    found = chosen("columns", {})
    return {key: each for key, each in found.items() if key in COLUMNS and isinstance(each, str)}


def classes() -> tuple[str, ...] | None:
    """The classes that were named, in the order of the outputs."""
    return tuple(part.strip() for part in chosen("classes").split(",") if part.strip()) or None


def absolute(text: str) -> str:
    """A path as typed, from the folder in which the app was started; ~ is the home of its owner. An address stays."""
    if is_address(text):
        return text
    try:
        return str(Path(text).expanduser().absolute()) if text else ""
    except (RuntimeError, ValueError):  # a home that nobody has, a NUL byte: the check of the path says so
        return text


def is_trained() -> bool:
    """Whether a train function makes the predictions."""
    return chosen("model") == "train"


def request() -> Request:
    """How the data are read."""
    return Request(
        absolute(chosen("data")),
        chosen("task") or None,
        columns_chosen(),
        absolute(chosen("images")) or None,
        absolute(chosen("predictions")) or None,
        classes(),
        chosen("separator") or None,
        is_trained(),
    )


def settings(preview: DataPreview, asked: Request) -> Mapping[str, Any]:
    """The settings of the scoring; only what was chosen or guessed."""
    columns = {**preview.guesses, **asked.columns}
    found: dict[str, Any] = {"data": asked.source, "task": preview.task, "columns": columns}
    found |= {"images": asked.images, "predictions": asked.predictions, "separator": asked.separator}
    found["classes"] = list(asked.classes) if asked.classes else None
    if asked.is_trained:
        found |= {"train": chosen("train"), "oos": folds()}
    else:
        found["sample"] = chosen("sample") or None
    return {name: value for name, value in found.items() if value}


def folds() -> int:
    """Folds of a train function."""
    return min(20, max(2, chosen("folds", FOLDS)))


def taker(name: str) -> Callable[[str], None]:
    """What a list of suggestions calls with the one that was clicked."""
    return lambda value: choose(name, value) if value else None


def in_app_words(text: str) -> str:
    """A message of the engine, with the fields of this page in place of options, and uploaded files by their names."""
    return option_words(_without_folder(text), WORDS)


def _without_folder(text: str) -> str:
    """A message without the folder that an upload was kept in: its name is a digest, which nobody has chosen."""
    folder = str(loaders.folder() / FOLDER)
    return re.sub(re.escape(folder) + r"[/\\][0-9a-f]+[/\\]", "", text)
