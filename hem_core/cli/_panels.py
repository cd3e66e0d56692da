"""Options of the commands that have many: each stands under a heading of the command's help."""

from __future__ import annotations

from typing import Any

import typer


def option(help: str, *names: str, panel: str, **more: Any) -> Any:
    """`typer.Option` under the heading `panel`."""
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)
