from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import say, table

PLACE = 60
READ_ONLY: dict[str, Any] = {}


def slices(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    most: Annotated[int, typer.Option(help="How many to show.", min=1)] = 20,
) -> dict[str, Any]:
    """Show where the model fails more than elsewhere: describable slices of the data, tested exactly."""
    from hem_core.runs.level_traits import level_traits
    from hem_core.runs.named_slices import named_slices
    from hem_core.runs.weak_slices import read
    from hem_core.store.run import open_run

    found = read(run).head(most)
    names = named_slices(found["name"].tolist(), found["rule"].tolist(), lambda: level_traits(open_run(run).examples))
    if not len(found):
        say("no slice is significantly worse than the whole")
    tested = f" ({found.attrs['n_tested']:,} candidates tested)" if found.attrs["n_tested"] else ""
    say("error: {}{}", found.attrs["measure"], tested)
    named = found.assign(name=names)
    rows = named.loc[:, ["name", "n", "error_rate", "low", "high", "ratio"]].values.tolist()
    table(
        ("slice", "examples", "error", "95% interval", "× overall rate"),
        [
            (name, f"{n:,}", f"{rate:.1%}", f"{low:.1%} – {high:.1%}", f"{ratio:.1f}×")
            for name, n, rate, low, high, ratio in rows
        ],
    )
    return {"measure": found.attrs["measure"], "n_tested": found.attrs["n_tested"], "slices": named}
