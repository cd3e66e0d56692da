from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli._run import serve

PLACE = 30


def app(
    workspace: Annotated[Path, typer.Argument(help="A workspace, or one run folder.")],
    port: Annotated[int | None, typer.Option(help="Default: 8501 or the next free one.")] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address without opening a browser.")
    ] = False,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Let in every account on this machine, not only those who have the address."),
    ] = False,
) -> None:
    """Open the app on 127.0.0.1 to explore, filter, review, tag, build sets and export."""
    serve(workspace, port, open_browser=not no_browser, has_token=not no_token)
