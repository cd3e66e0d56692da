"""Every path that a command receives is checked here, before the command starts."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from hem_core.buckets.address import clean, is_address
from hem_core.buckets.fetched import fetch, fetch_either
from hem_core.errors import DataError
from hem_core.paths import check_path

PATH = object()
"""Marks a text that may be a path among other things: Annotated[str, typer.Option(…), PATH]."""
IN_BUCKET = object()
"""Marks what may be an address such as s3://bucket/photos."""
RUN_IN_BUCKET, WORKSPACE_IN_BUCKET = object(), object()
"""Mark a run, or a workspace or run, that may be in a bucket: the command gets a local copy of it, to read."""


def with_checked_paths(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, which raises DataError, naming the option, for a path that can never be a file or folder, and gets
    the local copy of a run in a bucket."""

    @wraps(command)
    def checked(*arguments: Any, **options: Any) -> Any:
        bound = inspect.signature(command).bind(*arguments, **options)
        hints = get_type_hints(command, include_extras=True)
        for name, hint in hints.items():
            for path in _paths(bound.arguments.get(name), hint):
                _check(path, _typed(name, hint), hint)
        for name, hint in hints.items():
            place, fetch = bound.arguments.get(name), _fetcher(hint)
            if fetch is not None and is_address(place):
                bound.arguments |= _only_reading(command, bound.arguments, hints, clean(str(place)))
                bound.arguments[name] = fetch(place)
        return command(*bound.args, **bound.kwargs)

    return checked


def _check(path: Path | str, typed: str, hint: Any) -> None:
    if not is_address(path):
        check_path(path, typed)
    elif IN_BUCKET not in _metadata(hint) and _fetcher(hint) is None:
        raise DataError(
            f"{typed} '{clean(path)}' is in a bucket, where this command reads and writes nothing: pass a local path; "
            "hem copy copies a run from a bucket and to one"
        )


def _fetcher(hint: Any) -> Callable[[Any], Path] | None:
    """What makes the local copy of an address; None for a parameter that gets the address as it is, or takes none."""
    marks = _metadata(hint)
    return fetch if RUN_IN_BUCKET in marks else fetch_either if WORKSPACE_IN_BUCKET in marks else None


def _only_reading(
    command: Callable[..., Any], given: Mapping[str, Any], hints: Mapping[str, Any], address: str
) -> dict[str, Any]:
    """The values with which a command only reads: READ_ONLY of its file. Raises DataError where others are typed."""
    parameters, settled = inspect.signature(command).parameters, {}
    for name, value in getattr(sys.modules[command.__module__], "READ_ONLY", {}).items():
        if given.get(name, value) not in (value, parameters[name].default):
            raise DataError(
                f"{_typed(name, hints[name])} needs the run on the local disk, and '{address}' is in a bucket: copy it "
                "with hem copy s3://BUCKET/WORK/runs/NAME WORK/runs/NAME, and name the copy"
            )
        settled[name] = value
    return settled


def _paths(value: Any, hint: Any) -> Iterator[Path | str]:
    if isinstance(value, Path) or (isinstance(value, str) and PATH in _metadata(hint)):
        yield value
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, Path))


def _typed(name: str, hint: Any) -> str:
    """The parameter as the user knows it: --out, or DATA for an argument."""
    for info in _metadata(hint):
        if isinstance(info, ArgumentInfo):
            return name.upper()
        if isinstance(info, OptionInfo) and info.param_decls:
            return info.param_decls[0]
    return f"--{name.strip('_').replace('_', '-')}"


def _metadata(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if hasattr(hint, "__metadata__") else ()
