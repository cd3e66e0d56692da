from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core import folder
from hem_core.cli._duration import seconds_of
from hem_core.cli._screen import bars, say, table
from hem_core.cli._trainings import Budget, Device, DryRun, Runner, plan_answer, say_trainings
from hem_core.engine.runners import DEFAULT as DEFAULT_RUNNER
from hem_core.errors import HemError
from hem_core.retrain import loggers
from hem_core.retrain.threads import yield_while_waiting

if TYPE_CHECKING:
    from hem_core.retrain.settings import Settings
    from hem_core.retrain.stored import Stored

PLACE = 100
LOGGERS = folder.names(loggers)


def retrain(
    set: Annotated[str, typer.Option(help="The curated set: hard for its newest version, hard-v3 for version 3.")],
    train: Annotated[str, typer.Option(help="package.module:train, the function that trains your model.")],
    workspace: Annotated[Path, typer.Argument(help="The workspace.")] = Path(),
    test: Annotated[
        Path | None,
        typer.Option(help="Held-out data. Default: those noted in the run, its split column, or a random fifth."),
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option(
            help="Any of control, random, curated, head. Default: the first three; with --recipe add "
            "control,curated,base."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trainings of each arm.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="The first of the seeds.", min=0)] = 0,
    recipe: Annotated[
        str,
        typer.Option(
            help="labels: its labels and exclusions; mix: also half of each batch from it; weights: also its weights; "
            "balanced: its labels, and a loss, weights or outputs that make up for rare classes; groups: its labels, "
            "and higher weights for smaller groups, see --group; without: all but the set; add: a base and the set, "
            "compared with the base and random others; auto: groups with --group, otherwise labels if it changes any, "
            "otherwise balanced if class sizes differ by 10 to 1, otherwise weights."
        ),
    ] = "auto",
    group: Annotated[
        str | None,
        typer.Option(
            help="Train for the worst group: the column whose values, with the classes, are the groups. With --recipe "
            "groups the default is that of the slice furthest behind."
        ),
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="SQL over the test examples' columns: the slice that should improve.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The training data, if they have been moved.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the retraining. Default: that of the set, such as hard-v1.")
    ] = None,
    device: Device = None,
    budget: Budget = None,
    runner: Runner = DEFAULT_RUNNER,
    log: Annotated[
        list[str] | None,
        typer.Option(help=f"Experiment tracker to log it to when it is done: {', '.join(LOGGERS)}; may be repeated."),
    ] = None,
    dry_run: DryRun = False,
    force: Annotated[bool, typer.Option("--force", help="Retrain despite a refusal; the report says so.")] = False,
) -> dict[str, Any]:
    """Test whether a set helps: train with and without it, several seeds each. Run it again to resume."""
    if not workspace.is_dir():
        raise HemError(f"no workspace '{workspace}'; pass the folder that holds runs/ and sets/")
    yield_while_waiting()
    from hem_core.jobs.command import listed
    from hem_core.retrain.retrain import retrain as run
    from hem_core.retrain.settings import Settings

    settings = Settings(
        set=set,
        train=train,
        test=str(test) if test else None,
        arms=[arm.strip() for arm in (arms or _usual_arms(recipe)).split(",") if arm.strip()],
        seeds=seeds,
        where=where,
        group=group,
        recipe=recipe,
        data=str(data) if data else None,
        name=name,
        device=device,
        seed=seed,
        budget=seconds_of(budget, "--budget"),
        force=force,
        runner=runner,
    )
    if dry_run:
        return _show_dry_run(workspace, settings)
    with bars() as shown, listed("retraining", workspace, shown) as progress:
        stored = run(workspace, settings, progress=progress, announce=say_expectation, log=log or ())
    if stored.report is None:
        return _say_unfinished(stored, settings, str(budget))
    _say_report(stored.report, stored.html)
    for name, place in stored.logged.items():
        say("logged to {}: {}", name, place)
    return {"report": stored.report, "html": stored.html, "logged": stored.logged}


def say_expectation(plan: dict[str, Any]) -> None:
    """What the benchmarks say of such a retraining, and another recipe that the run asks for, before it starts."""
    if plan.get("expectation"):
        say("[yellow]before it starts:[/] {}", plan["expectation"])
    if plan.get("proposal"):
        say("[yellow]before it starts:[/] {} To take it: --recipe groups", plan["proposal"])


def _usual_arms(recipe: str) -> str:
    return "control,curated,base" if recipe == "add" else "control,random,curated"


def _say_unfinished(stored: Stored, settings: Settings, budget: str) -> dict[str, Any]:
    done = len((stored.progress or {}).get("finished") or ())
    n = len(settings.ordered_arms) * settings.seeds
    say("{} of {} trainings are done; the next one would not end within {}", str(done), str(n), budget)
    say("run the same command to resume")
    return {"report": None, "n_done": done, "n_trainings": n}


def _say_report(report: dict[str, Any], html: Path) -> None:
    verdict = report["verdict"]
    if report.get("groups"):
        _say_groups(report["groups"])
    names = list(report["table"][0]["arms"])
    shown = [
        [row["measure"], row["unit"], *(f"{row['arms'][arm]['mean']:.2f}" for arm in names), _gain(row)]
        for row in report["table"]
    ]
    table(["measure", "unit", *names, "curated - control (95%)"], shown)
    say("[bold]{}[/bold]", verdict["word"].upper())
    for sentence in verdict["sentences"]:
        say("  {}", sentence)
    for rule in verdict["rules"]:
        say("  {}", f"{'yes' if rule['passed'] else 'no '}  {rule['rule']}: {rule['value']}")
    say("report: {}", html)


def _say_groups(found: dict[str, Any]) -> None:
    """The groups, the worst of the control first, and the worst of each arm."""
    rows = [
        [row["label"], f"{row['n']:,}", *(_share(row["arms"][arm]) for arm in ("control", "curated"))]
        for row in found["rows"]
    ]
    table(["group", "examples", "control, % (95%)", "curated, % (95%)"], rows)
    worst = found["worst"]
    shown = ", ".join(f"{arm} {one['mean']:.1f}%" for arm, one in worst["arms"].items())
    say("worst group: {}; curated - control {}", shown, _gain(worst))


def _share(found: dict[str, Any]) -> str:
    return f"{found['mean']:.1f} ({found['low']:.1f} to {found['high']:.1f})"


def _show_dry_run(workspace: Path, settings: Settings) -> dict[str, Any]:
    from hem_core.retrain.dry_run import dry_run

    found = dry_run(workspace, settings)
    say("{}: {}", found.name, f"recipe {found.plan['recipe']['name']}, tested on {found.plan['test']['what']}")
    for line in found.lines():
        say("  {}", line)
    say_expectation(found.plan)
    say_trainings(found)
    return plan_answer(found)


def _gain(row: dict) -> str:
    found = row["difference"]["curated - control"]
    return f"{found['mean']:+z.2f} ({found['low']:+z.2f} to {found['high']:+z.2f})"
