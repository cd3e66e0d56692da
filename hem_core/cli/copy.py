from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._paths import IN_BUCKET, RUN_IN_BUCKET
from hem_core.cli._screen import say

PLACE = 82


def copy(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    out: Annotated[
        Path,
        typer.Argument(
            help="Where the copy goes, such as work/runs/first or s3://bucket/work/runs/first; it must not exist yet."
        ),
        IN_BUCKET,
    ],
) -> dict[str, Any]:
    """Copy a finished run from a bucket to the local disk, or to a bucket, checked by its digests."""
    from hem_core.buckets.copied import copy_run
    from hem_core.store.run import open_run

    n = open_run(run).n
    place = copy_run(run, out)
    say("run: {} ({} examples)", place, f"{n:,}")
    return {"run": place, "n": n}
