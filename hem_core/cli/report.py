from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.buckets.places import named
from hem_core.buckets.uploading import uploading
from hem_core.cli._paths import IN_BUCKET, RUN_IN_BUCKET
from hem_core.cli._screen import say

PLACE = 85


def report(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    out: Annotated[Path, typer.Option(help="HTML file to write; it must not exist yet."), IN_BUCKET] = Path(
        "report.html"
    ),
    level: Annotated[
        str, typer.Option(help="Which rows it is about: the examples, or the parts that the run has a level for.")
    ] = "examples",
) -> dict[str, Any]:
    """Write a run's numbers, figures, weak slices, sets and verdicts as one HTML file to print or send."""
    from hem_core.store.run import open_run
    from hem_core.store.shown import shown

    with uploading(out) as place:
        path = named(shown("app.report.write").write(open_run(run), place, level=level))
    say("report: {}", path)
    return {"report": path}
