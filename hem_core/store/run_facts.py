"""The required entries of run.json, whoever wrote or edited it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.errors import DataError, RunError
from hem_core.store.level_names import EXAMPLES, check_level_name

_NUMBER = (int, float)
_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,), "status": (str,), "created": (str,), "fingerprint": (str,), "key": (str,), "sample": (str,),
    "n": (int,), "n_failed": (int,), "accuracy": _NUMBER, "held_out_accuracy": _NUMBER, "classes": (list,),
    "metrics": (list,), "levels": (list,), "notes": (list,), "data": (dict,), "model": (dict,), "missing": (dict,),
    "parameters": (dict,), "headline": (dict,), "reasons": (dict,), "neighbours": (dict,), "oos": (dict,),
    "versions": (dict,), "timings": (dict,), "pending": (list,),
}  # fmt: skip
_DATA: dict[str, tuple[type, ...]] = {
    "name": (str,), "source": (str,), "root": (str,), "medium": (str,), "features": (list,), "path": (str,),
}  # fmt: skip
_NEEDED = ("n", "classes", "data", "fingerprint")
_USUAL: dict[str, Any] = {"notes": [], "missing": {}, "n_failed": 0, "sample": "unknown", "model": {}, "parameters": {}}
_WORDS = {str: "a text", int: "a whole number", float: "a number", list: "a list", dict: "an object"}


def checked(info: Any, path: Path) -> dict[str, Any]:
    """The facts of a run, with defaults for missing ones.

    Raises RunError, naming the entry, when a required one is missing or one has the wrong type.
    """
    if not isinstance(info, dict):
        raise _unlike(path, "it holds no JSON object")
    if "format_version" not in info:
        raise _unlike(path, "it has no 'format_version'")
    if info.get("status") == "complete":
        missing = [name for name in _NEEDED if info.get(name) is None]
        if missing:
            raise _unlike(path, f"it has no '{missing[0]}'")
    _check(info, _TYPES, path, "")
    _check(info.get("data") or {}, _DATA, path, "data.")
    if not all(isinstance(name, str) for name in info.get("classes") or ()):
        raise _unlike(path, "'classes' must be a list of texts")
    _check_levels(info.get("levels"), path)
    if (info.get("n") or 0) < 0:
        raise _unlike(path, "'n' must be a whole number from 0")
    return {**_USUAL, **{name: value for name, value in info.items() if value is not None or not _is_kept_whole(name)}}


def _check_levels(levels: Any, path: Path) -> None:
    if levels is None:
        return
    try:
        for name in levels[1:]:
            check_level_name(str(name))
    except DataError as error:
        raise _unlike(path, f"'levels' has an invalid name: {error}") from error
    if levels[:1] != [EXAMPLES]:
        raise _unlike(path, f"'levels' must begin with '{EXAMPLES}', and is {levels!r:.60}")


def _is_kept_whole(name: str) -> bool:
    """Whether null under this name means the same as nothing: readers look into objects and lists, and at the usual."""
    return name in _USUAL or _TYPES.get(name) in ((dict,), (list,))


def _check(values: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], path: Path, place: str) -> None:
    for name, wanted in types.items():
        value = values.get(name)
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise _unlike(path, f"'{place}{name}' must be {_WORDS[wanted[-1]]}, and is {value!r:.60}")


def _unlike(path: Path, why: str) -> RunError:
    return RunError(
        f"{path} cannot be read: {why}; restore it, or delete it and run the same `hem score` command again"
    )
