from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli import _json
from hem_core.cli._paths import WORKSPACE_IN_BUCKET
from hem_core.errors import HemError

PLACE = 130
SERVES = True
READ_ONLY = {"allow_write": False}


def mcp(
    workspace: Annotated[Path, typer.Argument(help="The workspace that the tools are about."), WORKSPACE_IN_BUCKET],
    allow_write: Annotated[
        bool,
        typer.Option(
            "--allow-write",
            help="Also offer the commands that write or train, such as score, select --save, export and retrain.",
        ),
    ] = False,
) -> None:
    """Offer the commands as tools to a client of the Model Context Protocol, on stdin and stdout; read-only
    unless told otherwise."""
    if _json.is_active():
        raise HemError(f"hem mcp speaks JSON-RPC on stdout as it is; omit {_json.OPTION}")
    if importlib.util.find_spec("mcp") is None:
        raise HemError("hem mcp needs the package mcp: pip install 'hem[mcp]'")
    import asyncio

    from hem_core.cli._tool_server import serve
    from hem_core.store.workspace import open_workspace

    asyncio.run(serve(open_workspace(workspace).folder, allow_write=allow_write))
