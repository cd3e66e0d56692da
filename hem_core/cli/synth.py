from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._run import run_answer, summarise
from hem_core.cli._screen import bars

PLACE = 12


def synth(
    out: Annotated[Path, typer.Option(help="Folder of the run, such as a workspace's runs/big.")],
    n: Annotated[int, typer.Option("--n", help="How many examples: 1,000 to 5,000,000.")] = 100_000,
    classes: Annotated[int, typer.Option(help="How many classes: 2 to 108.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed makes the same examples.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
) -> dict[str, Any]:
    """Make a run of any size without data or a model, with pictures that are drawn when they are looked at."""
    from hem_core.runs.synthetic.make import Wanted, synthesise

    with bars() as progress:
        run = synthesise(out, Wanted(n, classes, seed), overwrite=overwrite, progress=progress)
    summarise(run)
    return run_answer(run)
