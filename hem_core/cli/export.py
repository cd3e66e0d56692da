from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli._screen import bars, say
from hem_core.errors import HemError


def export(
    source: Annotated[Path, typer.Argument(help="The run folder; or, with --set, the workspace.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist yet.")],
    where: Annotated[
        str | None,
        typer.Option(help="SQL condition over the run's columns: \"difficulty > 90 AND reason = 'mislabelled'\"."),
    ] = None,
    set_: Annotated[
        str | None, typer.Option("--set", help="A saved set: hard is its newest version, hard_v3 that one.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Version of the set.", min=1)] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="csv, jsonl, imagefolder, coco, yolo, webdataset, huggingface or label_studio; repeat it. "
            "The table is always there as parquet."
        ),
    ] = None,
) -> None:
    """Write a saved set, or a run's examples that meet a condition, as a folder ready for training."""
    from hem_core.engine.export_run import export_run
    from hem_core.engine.export_set import export_set
    from hem_core.store import sets

    if set_ is None:
        if version is not None:
            raise HemError("--version is of a set: name it with --set")
        with bars() as progress:
            folder, n = export_run(source, out, where=where, formats=format or (), progress=progress)
        say("{} in {}", f"{n:,} examples", folder)
        return
    if where is not None:
        raise HemError("--where and --set exclude each other: a set is exported as it was saved")
    name, found = (set_, version) if version is not None else sets.named(source, set_)
    with bars() as progress:
        folder = export_set(source, name, found, out, format or (), progress=progress)
    say("{} in {}", f"{name} v{found}", folder)
