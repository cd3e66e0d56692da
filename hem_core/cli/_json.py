"""`--json`, the same for every command: stdout holds one JSON document, and all that is said goes to stderr.

A command returns its answer: anything of dicts, lists, numbers, texts, paths, dataclasses and data frames. Whatever it
prints on the way is for people.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TextIO, get_type_hints

import typer

OPTION = "--json"
HELP = "Print the answer as one JSON document on stdout; progress and sentences go to stderr."


@dataclass(frozen=True)
class Answer:
    """What a command returns that does not end with the exit code 0."""

    value: Any
    exit_code: int = 0
    has_document: bool = True
    """False for a process that leaves the answer to another one."""


@dataclass
class _Document:
    """The one document that may be written."""

    out: TextIO
    is_written: bool = False


_document: ContextVar[_Document | None] = ContextVar("document", default=None)


def with_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the option `--json`."""

    @wraps(command)
    def run(*arguments: Any, as_json: bool, **options: Any) -> None:
        with _on_stderr() if as_json else contextlib.nullcontext():
            found = command(*arguments, **options)
            answer = found if isinstance(found, Answer) else Answer(found)
            if answer.has_document:
                write(answer.value)
        if answer.exit_code:
            raise typer.Exit(answer.exit_code)

    hints = get_type_hints(command, include_extras=True) | {"as_json": Annotated[bool, typer.Option(OPTION, help=HELP)]}
    own = [each.replace(annotation=hints[each.name]) for each in inspect.signature(command).parameters.values()]
    last = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=hints["as_json"])
    setattr(run, "__signature__", inspect.Signature([*own, last]))  # noqa: B010, the type of a function has none
    run.__annotations__ = hints
    return run


def write(value: Any) -> None:
    """Write the document now, as a command does that goes on serving; no effect without `--json`, or a second time."""
    document = _document.get()
    if document is not None and not document.is_written:
        document.is_written = True
        write_document(value, document.out)


def is_active() -> bool:
    """Whether the command that runs was asked for a document."""
    return _document.get() is not None


def write_document(value: Any, out: TextIO) -> None:
    """The value as JSON in UTF-8, whatever the encoding of the terminal."""
    text = json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    out.flush()
    raw = getattr(out, "buffer", None)
    if raw is None:
        out.write(text)
    else:
        raw.write(text.encode("utf-8", "backslashreplace"))
    out.flush()


def plain(value: Any) -> Any:
    """A value as JSON has it: null for NaN and infinities, texts for paths, lists of records for data frames."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return plain(value.to_dict("records"))
    if hasattr(value, "tolist"):  # arrays, their numbers, and series
        return plain(value.tolist())
    return str(value) if isinstance(value, Path) or str(value) not in ("NaT", "<NA>") else None


def is_asked(words: list[str]) -> bool:
    """Whether a command line asks for JSON."""
    return OPTION in (words[: words.index("--")] if "--" in words else words)


@contextlib.contextmanager
def _on_stderr() -> Iterator[None]:
    """All that is printed goes to stderr, also by what is written in C and by processes that are started."""
    with contextlib.ExitStack() as stack:
        out = sys.stdout
        try:
            number = out.fileno()
        except (AttributeError, OSError, io.UnsupportedOperation):
            number = -1
        if number >= 0 and out is sys.__stdout__:
            out.flush()
            out = stack.enter_context(os.fdopen(os.dup(number), "w", encoding="utf-8"))
            os.dup2(2, number)
            stack.callback(os.dup2, out.fileno(), number)
        token = _document.set(_Document(out))
        stack.callback(_document.reset, token)
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        yield
