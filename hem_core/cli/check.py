from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli._paths import PATH
from hem_core.cli._screen import bars, say, table

PLACE = 120
SHOWN = 50


def check(
    set_: Annotated[
        str, typer.Option("--set", help="A saved set: hard for its newest version, hard_v3 for version 3.")
    ],
    model: Annotated[
        str,
        typer.Option(
            help="package.module:factory, a transformers folder, or a file of weights for the run's own factory: "
            "new.safetensors, new.pt."
        ),
        PATH,
    ],
    workspace: Annotated[Path, typer.Argument(help="The workspace.")] = Path(),
    weights: Annotated[Path | None, typer.Option(help="Weights, where --model is a factory.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1; default: CUDA if there is one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Regression test: does a new model fail on more of a set than the stored run did? Exits with code 1 if so."""
    from hem_core.sets.check import check as run_check

    with bars() as progress:
        done = run_check(workspace, set_, model, weights=weights, device=device, progress=progress)
    if as_json:
        typer.echo(json.dumps(done.to_json(), indent=1, ensure_ascii=False))
        raise typer.Exit(0 if done.is_passed else 1)
    newly = [(each.id, each.label, each.predicted or "NaN") for each in done.newly_failing]
    if newly:
        table(("newly failing", "label", "predicted"), newly[:SHOWN])
    if len(newly) > SHOWN:
        say("  {} more; use --json to list them all", f"{len(newly) - SHOWN:,}")
    counted = f"{done.n_checked:,}" + (f" (of {done.n:,})" if done.n_checked < done.n else "")
    say("{} v{}, {} examples, compared with run {}:", done.set, done.version, counted, done.run)
    for what, ids in (("changed since the run", done.changed), ("could not be read", list(done.unreadable))):
        if ids:
            more = ", …" if len(ids) > 5 else ""
            say("  [yellow]not counted[/yellow]: {} {}: {}{}", f"{len(ids):,}", what, ", ".join(ids[:5]), more)
    moved = f"{len(newly):,} newly, {len(done.fixed):,} fixed"
    verdict = "[green]passed[/green]" if done.is_passed else "[red]failed[/red]"
    say(verdict + ": {} fail, {} failed before; {}", f"{done.failed_now:,}", f"{done.failed_before:,}", moved)
    raise typer.Exit(0 if done.is_passed else 1)
