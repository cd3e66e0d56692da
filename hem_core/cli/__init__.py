"""The `hem` command: parses, calls, prints. No logic.

A command is one file that defines a function of its name; its docstring is the help.
"""

from __future__ import annotations

import sys

import typer

from hem_core import folder
from hem_core.cli._screen import console, say
from hem_core.errors import HemError

ORDER = (
    "demo",
    "score",
    "app",
    "reasons",
    "labels",
    "slices",
    "select",
    "export",
    "import_labels",
    "retrain",
    "loop",
    "check",
)
"""How people meet them; commands that are not named here follow by name."""

hem = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="HEM, the workbench for hard example mining: find where a model fails, why, and what to do about it.",
)
_here = sys.modules[__name__]
for _name in sorted(folder.names(_here), key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)):
    hem.command(_name.replace("_", "-"))(getattr(folder.load(_here, _name), _name))


def main() -> None:
    """Run `hem`; a HemError is one line on stderr and exit code 2."""
    try:
        hem()
    except HemError as error:
        say("[red]error:[/red] {}", str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here", highlight=False, soft_wrap=True)
        sys.exit(130)
