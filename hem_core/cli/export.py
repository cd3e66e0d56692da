from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli._screen import bars, say


def export(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist yet.")],
    where: Annotated[
        str | None,
        typer.Option(help="SQL condition over the run's columns: \"difficulty > 90 AND reason = 'mislabelled'\"."),
    ] = None,
    format: Annotated[str, typer.Option(help="parquet, csv, jsonl or imagefolder.")] = "parquet",
) -> None:
    """Write the examples that meet a condition, with people's corrections, as a folder ready for training."""
    from hem_core.engine.export_run import export_run

    with bars() as progress:
        folder, n = export_run(run, out, where=where, format=format, progress=progress)
    say("{} in {}", f"{n:,} examples", folder)
