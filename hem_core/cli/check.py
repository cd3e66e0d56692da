from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core.cli._json import Answer
from hem_core.cli._paths import PATH, WORKSPACE_IN_BUCKET
from hem_core.cli._screen import bars, say, table
from hem_core.errors import HemError

if TYPE_CHECKING:
    from hem_core.sets.check import Check
    from hem_core.sets.check_runs import RunCheck

PLACE = 120
READ_ONLY = {"model": None, "weights": None, "predictions": None, "device": None}
SHOWN = 50


def check(
    set_: Annotated[
        str | None, typer.Option("--set", help="A saved set: hard for its newest version, hard_v3 for version 3.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="package.module:factory, a transformers folder, or a file of weights for the run's own factory: "
            "new.safetensors, new.pt."
        ),
        PATH,
    ] = None,
    workspace: Annotated[Path, typer.Argument(help="The workspace."), WORKSPACE_IN_BUCKET] = Path(),
    run: Annotated[str | None, typer.Option(help="In place of --model: a run that is scored already.")] = None,
    against: Annotated[str | None, typer.Option(help="With --run: the run to compare with, the baseline.")] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="In place of --model, for boxes: a file of the new model's predictions.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights, where --model is a factory.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1; default: CUDA if there is one.")] = None,
    summary: Annotated[
        Path | None,
        typer.Option(help='File to add a summary in Markdown to; in a GitHub Action "$GITHUB_STEP_SUMMARY".'),
    ] = None,
) -> Answer:
    """Regression test: is a new model worse on a set than the stored run, or a run than its baseline? Exits with code 1
    if so."""
    options = {"weights": weights, "predictions": predictions, "device": device}
    answer = _checked(workspace, set_, model, run, against, options)
    if summary is not None:
        from hem_core.sets.check_summary import append_summary

        append_summary(summary, answer.value)
    return answer


def _checked(
    workspace: Path, set_: str | None, model: str | None, run: str | None, against: str | None, options: dict[str, Any]
) -> Answer:
    """The check by one of the three ways; options: weights, predictions and device."""
    predictions = options["predictions"]
    ways = [name for name, value in (("--model", model), ("--run", run), ("--predictions", predictions)) if value]
    if len(ways) != 1:
        raise HemError(f"hem check expects one of --model, --run and --predictions; got {', '.join(ways) or 'none'}")
    if run is not None:
        return _of_runs(workspace, run, against, set_)
    if against is not None or set_ is None:
        wanted = "goes with --run" if against is not None else "names what is checked; pass it, or --run and --against"
        raise HemError(f"{'--against' if against is not None else '--set'} {wanted}")
    from hem_core.sets.opened_set import open_set

    opened = open_set(workspace, set_)
    if predictions is not None or opened.is_measured_together:
        from hem_core.sets.check_model import check_model

        with bars() as progress:
            found = check_model(opened, model, progress=progress, **options)
        return _show_runs(found)
    from hem_core.sets.check import check_opened

    with bars() as progress:
        done = check_opened(opened, str(model), weights=options["weights"], device=options["device"], progress=progress)
    return _show(done)


def _of_runs(workspace: Path, run: str, against: str | None, set_: str | None) -> Answer:
    from hem_core.sets.check_runs import check_runs
    from hem_core.sets.opened_set import open_set
    from hem_core.store.workspace import open_workspace

    if against is None:
        raise HemError("--run is compared with a baseline: name it with --against")
    home = open_workspace(workspace)
    ids = open_set(workspace, set_).example_ids if set_ is not None else None
    return _show_runs(check_runs(home.run(against), home.run(run), ids=ids))


def _show_runs(found: RunCheck) -> Answer:
    """Print the comparison of two runs."""
    from hem_core.stats.paired import NO_INTERVAL

    newly = [(each.id, each.label, each.before, each.after) for each in found.newly_failing]
    if newly:
        table(("newly failing", "label", "before", "after"), newly[:SHOWN])
    if len(newly) > SHOWN:
        say("  {} more; use --json to list them all", f"{len(newly) - SHOWN:,}")
    rows = f"{found.n_checked:,} {found.level} of {found.n_examples:,} examples"
    say("run {} compared with run {}, {}:", found.run, found.against, rows)
    for each in found.measures:
        if each.measure.label is None or each.is_worse:
            name = each.measure.name + (f" of {each.measure.label}" if each.measure.label else "")
            mark = (
                "[red]worse[/red]"
                if each.is_worse
                else "[green]better[/green]"
                if each.is_better
                else "no clear change"
            )
            ends = [f"{100 * end:+.1f}" for end in (each.low, each.high) if end is not None]
            points = " to ".join(ends) or NO_INTERVAL
            values = f"{each.before:.1%} → {each.after:.1%}, {100 * each.difference:+.1f} points ({points})"
            say("  {}: {}; " + mark, name, values)
    for one in found.slices:
        say("  [red]regressed[/red]: {}", f"{one.name} ({one.n:,}): {one.regressed} newly wrong, {one.fixed} fixed")
    moved = f"{len(newly):,} newly, {len(found.fixed):,} fixed"
    verdict = "[green]passed[/green]" if found.is_passed else "[red]failed[/red]"
    say(verdict + ": {} are wrong, {} were before; {}", f"{found.failed_now:,}", f"{found.failed_before:,}", moved)
    return Answer(found.to_json(), 0 if found.is_passed else 1)


def _show(done: Check) -> Answer:
    """Print what a model does on a set, compared with the stored run."""
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
    return Answer(done.to_json(), 0 if done.is_passed else 1)
