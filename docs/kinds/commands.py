"""A page a command, out of its function: the docstring and the help of every option."""

from __future__ import annotations

from typing import Any

import typer.main

import hem_core.cli
from kinds._source import table

TITLE = "Commands"
INTRO = (
    "The same words as `hem COMMAND --help`. A command that was interrupted resumes when it is run again. With "
    "`--json` it answers with one JSON document: see [commands in scripts](../../scripts.md)."
)


def pages() -> dict[str, str]:
    return {name: _page(name, command) for name, command in commands().items()}


def missing() -> list[str]:
    found = [f"command {name}: its function has no docstring" for name, each in commands().items() if not each.help]
    return found + [
        f"command {name}: no help for {' '.join(option.opts)}"
        for name, command in commands().items()
        for option in _options(command)
        if not getattr(option, "help", None)
    ]


def commands() -> dict[str, Any]:
    """Name -> command, as `hem --help` lists them."""
    return dict(typer.main.get_command(hem_core.cli.command_line()).commands)  # type: ignore[attr-defined]


def _page(name: str, command: Any) -> str:
    usage = " ".join([f"hem {name}", *(each.name.upper() for each in _options(command) if _is_argument(each)), "…"])
    rows = {_call(option): _says(option) for option in _options(command)}
    return "\n\n".join([f"# hem {name}", str(command.help), f"```bash\n{usage}\n```", table(rows)])


def _options(command: Any) -> list[Any]:
    return [option for option in command.params if option.name != "help"]


def _is_argument(option: Any) -> bool:
    return option.param_type_name == "argument"


def _call(option: Any) -> str:
    return f"`{option.name.upper()}`" if _is_argument(option) else f"`{' '.join(option.opts)}`"


def _says(option: Any) -> str:
    shown = not callable(option.default) and option.default not in (None, False, "") and not option.required
    default = f" Default: `{option.default}`." if shown else ""
    needed = " Required." if option.required and not _is_argument(option) else ""
    return f"{str(option.help).rstrip('.')}.{default}{needed}"
