"""The commands as tools: a name, words and a JSON schema of the arguments, all taken from the command itself.

A command's file says what a tool may do with it. SERVES = True: it is no tool. AS_TOOL: parameters that are settled,
and their values. READ_ONLY: more of them, with which the command only reads; a command without READ_ONLY writes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

import hem_core.cli
from hem_core import folder
from hem_core.cli._json import OPTION
from hem_core.cli._paths import PATH
from hem_core.errors import DataError

HIDDEN = ("tags_url",)
"""Parameters that no tool offers: an address of a database may hold a password; $HEM_TAGS_URL counts."""
KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", Path: "string"}


@dataclass(frozen=True)
class Argument:
    """A parameter of a command."""

    name: str
    """As the command line has it: set for --set."""
    info: ArgumentInfo | OptionInfo
    hint: Any
    """Its type, without None."""
    is_path: bool
    default: Any

    @property
    def schema(self) -> dict[str, Any]:
        """What JSON Schema says of it."""
        found = {**_type_of(self.hint), "description": str(self.info.help)}
        if self.info.min is not None:
            found["minimum"] = self.info.min
        if self.info.max is not None:
            found["maximum"] = self.info.max
        if isinstance(self.default, (bool, int, float, str)):
            found["default"] = self.default
        return found

    def words(self, value: Any) -> list[str]:
        """The words of the command line that set an option."""
        option = f"--{self.name.replace('_', '-')}"
        if self.hint is bool:
            return [option] if value else [] if self.info.param_decls else [f"--no-{self.name.replace('_', '-')}"]
        return [f"{option}={each}" for each in (value if isinstance(value, list) else [value])]


@dataclass(frozen=True)
class Tool:
    """A command as a tool."""

    name: str
    command: str
    words: str
    arguments: Mapping[str, Argument]
    settled: Mapping[str, Any]
    is_read_only: bool

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments that a client may give."""
        shown = {name: each for name, each in self.arguments.items() if name not in self.settled}
        needed = [name for name, each in shown.items() if each.default in (inspect.Parameter.empty, ...)]
        properties = {name: each.schema for name, each in shown.items()}
        return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}

    def command_line(self, given: Mapping[str, Any]) -> list[str]:
        """The words after `hem`. Raises DataError for an argument that there is not, or of another type."""
        for name, value in given.items():
            if name not in self.arguments or name in self.settled:
                raise DataError(
                    f"'{self.name}' has no argument '{name}'; it has: {', '.join(self.schema['properties'])}"
                )
            _check(name, value, self.arguments[name].hint)
        values = {**given, **self.settled}
        options, places = [], []
        for name, argument in self.arguments.items():
            value = values.get(name)
            if value is None:
                continue
            if isinstance(argument.info, ArgumentInfo):
                places.append(str(value))
            else:
                options += argument.words(value)
        return [self.command, *options, OPTION, "--", *places]


def tools(workspace: Path, *, allow_write: bool) -> dict[str, Tool]:
    """Name -> tool of every command that may be called; those that write only where that is allowed."""
    return {tool.name: tool for tool in _all(workspace, allow_write=allow_write)}


def _all(workspace: Path, *, allow_write: bool) -> Iterator[Tool]:
    for name in folder.names(hem_core.cli):
        file = folder.load(hem_core.cli, name)
        only_reads = getattr(file, "READ_ONLY", None)
        if getattr(file, "SERVES", False) or (only_reads is None and not allow_write):
            continue
        command = getattr(file, name)
        arguments = {each.name: each for each in _arguments(command)}
        settled = {each: None for each in HIDDEN if each in arguments} | dict(getattr(file, "AS_TOOL", {}))
        settled |= {} if allow_write else dict(only_reads or {})
        if "workspace" in arguments:
            settled["workspace"] = str(workspace)
        words = inspect.cleandoc(command.__doc__ or "")
        is_read_only = only_reads is not None and not allow_write
        yield Tool(name, name.replace("_", "-"), words, arguments, settled, is_read_only)


def _arguments(command: Any) -> Iterator[Argument]:
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        plain, *metadata = get_args(hints[name])
        info = next(each for each in metadata if isinstance(each, (ArgumentInfo, OptionInfo)))
        hint = next((each for each in get_args(plain) if each is not NoneType), plain) if _is_union(plain) else plain
        declared = next((each for each in info.param_decls or () if each.startswith("--")), name)
        shown = declared.strip("-_").replace("-", "_")
        yield Argument(shown, info, hint, PATH in metadata or hint is Path, parameter.default)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _type_of(hint: Any) -> dict[str, Any]:
    if get_origin(hint) is list:
        return {"type": "array", "items": _type_of(get_args(hint)[0])}
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    return {"type": KINDS[hint]}


def _check(name: str, value: Any, hint: Any) -> None:
    """Raise DataError for a value of another JSON type than the schema names."""
    if get_origin(hint) is list:
        is_right = isinstance(value, list) and all(isinstance(each, str) for each in value)
    elif hint in (bool, int):
        is_right = type(value) is hint
    elif hint is float:
        is_right = type(value) in (int, float)
    else:
        is_right = isinstance(value, str)
    if not is_right:
        wanted = _type_of(hint)["type"]
        raise DataError(f"argument '{name}' must be of the type {wanted}; got {value!r:.80}")
