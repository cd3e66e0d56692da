from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import say

PLACE = 66
READ_ONLY: dict[str, Any] = {}


def near(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    id: Annotated[str | None, typer.Option(help="The rows nearest to the one with this id.")] = None,
    words: Annotated[
        str | None,
        typer.Option(help='The pictures nearest to words, such as "a red car at night", in a run with --embedding.'),
    ] = None,
    k: Annotated[int, typer.Option("--k", help="How many.", min=1)] = 20,
    other: Annotated[bool, typer.Option("--other", help="With --id: only rows with another label.")] = False,
    level: Annotated[str, typer.Option(help="Which rows: the examples, or the parts of a level.")] = "examples",
) -> list[dict[str, Any]]:
    """List what is like an example, or like words, by the run's embedding, the nearest first."""
    from hem_core.errors import DataError
    from hem_core.store import rules
    from hem_core.store.run import open_run

    if (id is None) == (words is None) or (other and id is None):
        raise DataError("name one of --id and --words; --other goes with --id")
    sought = {"id": id, **({"other": True} if other else {})} if id is not None else {"words": words}
    clause = {**sought, "k": k}
    rules.validate({"all": [{"near": clause}]}, {})
    rows = open_run(run).level(level)
    found, distances = rows.near(clause)
    columns = [name for name in ("id", "given", "label", "predicted") if name in rows.columns()]
    columns = [name for name in columns if name != "label" or "given" not in columns]
    records = rows.records(found.tolist(), columns)
    lines = [{**one, "distance": round(float(far), 4)} for one, far in zip(records, distances, strict=True)]
    say("{}", rules.describe({"all": [{"near": clause}]}))
    for one in lines:
        sides = [str(one[name]) for name in columns[1:] if one[name] is not None]
        sys.stdout.write("\t".join([f"{one['distance']:.4f}", str(one["id"]), *sides]) + "\n")
    return lines
