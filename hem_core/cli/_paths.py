"""Every path that a command receives is checked here, before the command starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from hem_core.buckets.address import clean, is_address
from hem_core.errors import DataError
from hem_core.paths import check_path

PATH = object()
"""Marks a text that may be a path among other things: Annotated[str, typer.Option(…), PATH]."""
IN_BUCKET = object()
"""Marks what may be an address such as s3://bucket/photos."""


def with_checked_paths(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, which raises DataError, naming the option, for a path that can never be a file or folder."""

    @wraps(command)
    def checked(*arguments: Any, **options: Any) -> Any:
        values = inspect.signature(command).bind(*arguments, **options).arguments
        for name, hint in get_type_hints(command, include_extras=True).items():
            for path in _paths(values.get(name), hint):
                _check(path, _typed(name, hint), hint)
        return command(*arguments, **options)

    return checked


def _check(path: Path | str, typed: str, hint: Any) -> None:
    if not is_address(path):
        check_path(path, typed)
    elif IN_BUCKET not in _metadata(hint):
        raise DataError(f"{typed} '{clean(path)}' is in a bucket, where this command reads and writes nothing: copy it")


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
