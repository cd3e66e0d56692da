from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._json import write
from hem_core.cli._run import run_answer, serve, summarise
from hem_core.cli._screen import bars, say
from hem_core.errors import HemError

PLACE = 10
AS_TOOL = {"no_app": True, "no_browser": False, "port": None}


def demo(
    name: Annotated[
        str,
        typer.Argument(
            help="digits, breast-cancer, wine, detection; with --data: fashion-mnist, sms-spam, clinc, adult, bccd."
        ),
    ] = "digits",
    data: Annotated[
        Path | None, typer.Option(help="File or folder of the data set; fashion-mnist needs its four IDX files.")
    ] = None,
    workspace: Annotated[Path, typer.Option(help="Folder for the data, the model and the run.")] = Path("hem-demo"),
    port: Annotated[int | None, typer.Option(help="Port of the app; default: 8501 or the next free one.")] = None,
    no_app: Annotated[bool, typer.Option("--no-app", help="Stop after scoring.")] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address without opening a browser.")
    ] = False,
) -> dict[str, Any]:
    """Train a small model on data with some labels or boxes made wrong on purpose, score it, and open the app."""
    from hem_core.jobs.command import listed
    from hem_core.jobs.kinds.projection import start_pending_map

    _demo = importlib.import_module("demo_models._demo")
    if name not in _demo.names():
        raise HemError(f"no demo '{name}'; there are: {', '.join(_demo.names())}")
    say("Demo [bold]{}[/bold] in {}: {}", name, workspace, _demo.about(name))
    in_background = sys.argv[1:] if no_app else [*sys.argv[1:], "--no-app"]
    with bars() as shown, listed("demo", workspace, shown, name=name, settings={"argv": in_background}) as progress:
        run = _demo.run(name, workspace, data=data, progress=progress, is_map_awaited=no_app)
    summarise(run)
    findings = _demo.findings(name, workspace, run)
    for line in findings:
        say("{}", line)
    answer = {**run_answer(run), "findings": findings}
    if not no_app:
        start_pending_map(run)
        serve(workspace, port, open_browser=not no_browser, is_ready=lambda url: write({**answer, "url": url}))
    return answer
