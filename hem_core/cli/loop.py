from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core import tasks
from hem_core.cli._duration import in_words, seconds_of
from hem_core.cli._names import names_or_file
from hem_core.cli._paths import PATH
from hem_core.cli._screen import bars, say, table
from hem_core.cli._trainings import Budget, Device, DryRun
from hem_core.errors import HemError
from hem_core.jobs.command import listed
from hem_core.retrain.threads import yield_while_waiting

PLACE = 110
DATA, CHOICE, PERSON = "Data", "Choice", "People"


def _option(help: str, *names: str, panel: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


def loop(
    data: Annotated[
        str, typer.Argument(help="The pool: an image folder, or a .csv, .parquet, .jsonl or .npz file."), PATH
    ],
    train: Annotated[
        str, typer.Option(help="package.module:train; if it takes `sampler`, it trains for equal steps at every size.")
    ],
    out: Annotated[Path, typer.Option(help="The workspace.")] = Path(),
    start: Annotated[
        int, typer.Option(help="Examples in the first training set, drawn from the labelled ones.", min=1)
    ] = 150,
    add: Annotated[int, typer.Option(help="Examples added in each round.", min=1)] = 150,
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 3,
    seeds: Annotated[
        int | None,
        typer.Option(help="How often to repeat the loop from other starts. Default: 5; with --by-person 1.", min=1),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the loop; its set is NAME-mined. Default: that of the data.")
    ] = None,
    test: Annotated[
        str | None, _option("Test data. Default: the rows of split = test, otherwise a random share.", panel=DATA), PATH
    ] = None,
    test_share: Annotated[float, _option("Share drawn as the test set if there is none.", panel=DATA)] = 0.2,
    data_name: Annotated[str | None, _option("Name of the data; tags are shared under it.", panel=DATA)] = None,
    task: Annotated[
        str, _option("What is predicted; a loop adds examples of classes, so only of classification.", panel=DATA)
    ] = tasks.DEFAULT,
    id_column: Annotated[str | None, _option("Column of the ids.", panel=DATA)] = None,
    label_column: Annotated[str | None, _option("Column of the labels.", panel=DATA)] = None,
    image_column: Annotated[str | None, _option("Column of the image paths.", panel=DATA)] = None,
    text_column: Annotated[str | None, _option("Column of the texts.", panel=DATA)] = None,
    feature_columns: Annotated[str | None, _option("Columns of a table: age,job, or '*' for all.", panel=DATA)] = None,
    classes: Annotated[
        str | None, _option("Class names in the order of the outputs: cat,dog or a file.", panel=DATA)
    ] = None,
    resize: Annotated[int | None, _option("Pixels of the shorter side of image files.", panel=DATA, min=1)] = None,
    policy: Annotated[
        str | None, _option("Chain of policies that chooses the additions; see hem select --help.", panel=CHOICE)
    ] = None,
    option: Annotated[
        list[str] | None, _option("policy.option=value, such as top.by=loss; repeat it.", panel=CHOICE)
    ] = None,
    arms: Annotated[str | None, _option("Default: mined,random,all; with --by-person mined.", panel=CHOICE)] = None,
    draws: Annotated[
        int | None,
        _option("Examples per epoch if train takes `sampler`. Default: as many as the pool has.", panel=CHOICE, min=1),
    ] = None,
    by_person: Annotated[
        bool, _option("Stop after each choice until people have reviewed it.", "--by-person", panel=PERSON)
    ] = False,
    go_on: Annotated[
        bool, _option("Continue without the missing answers and keep the given labels.", "--go-on", panel=PERSON)
    ] = False,
    device: Device = None,
    seed: Annotated[int, typer.Option(help="The first of the seeds; they determine the starts.", min=0)] = 0,
    budget: Budget = None,
    dry_run: DryRun = False,
) -> None:
    """Mine a pool in rounds (train, choose, add), compared with random additions. Run it again to resume."""
    yield_while_waiting()
    from hem_core.loop.loop import loop as run_loop
    from hem_core.loop.pool_choice import DEFAULT
    from hem_core.loop.settings import ARMS, Settings
    from hem_core.runs.options import Options

    columns = {"id_column": id_column, "label_column": label_column, "image_column": image_column}
    columns |= {"text_column": text_column, "feature_columns": feature_columns}
    settings = Settings(
        start=start,
        add=add,
        rounds=rounds,
        seeds=seeds or (1 if by_person else 5),
        arms=_listed(arms) or (("mined",) if by_person else ARMS),
        policies=_listed(policy) or DEFAULT,
        policy_options=_options(option or []),
        draws=draws,
        by_person=by_person,
        seed=seed,
        budget=seconds_of(budget, "--budget"),
    )
    options = Options(
        task=task,
        name=data_name,
        classes=names_or_file(classes, "--classes"),
        device=device,
        resize=resize,
        columns={key: value for key, value in columns.items() if value},
    )
    request = {"train": train, "out": out, "settings": settings, "name": name, "test": test, "test_share": test_share}
    if dry_run:
        _show_dry_run(data, request | {"options": options})
        return
    with bars() as shown, listed("loop", out, shown) as progress:
        found = run_loop(data, **request, go_on=go_on, options=options, progress=progress)
    if found.report is None:
        say("{}", found.waits_for)
        return
    _show(found.report)
    say("report: {}", found.folder / "report.html")


def _show_dry_run(data: str, request: dict[str, Any]) -> None:
    from hem_core.loop.dry_run import dry_run

    found = dry_run(data, **request)
    say("{}: {}", found.name, f"a pool of {found.n_pool:,}, tested on {found.test}")
    for arm, n in found.arms.items():
        say("  {}: {} trainings", arm, str(n))
    say("{} trainings, {} of them done", str(found.n_trainings), str(found.n_done))
    if found.seconds_each is None or found.seconds_left is None:
        say("time: not known, since no training of this loop has been timed; --budget 1s trains one, then ask again")
        return
    each, left = in_words(found.seconds_each), in_words(found.seconds_left)
    say("time: at most about {} for the remaining trainings; the longest one took {}", left, each)


def _show(report: dict[str, Any]) -> None:
    measures = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "worst_class": "worst class"}
    rows = [
        (
            entry["arm"],
            f"{entry['n']:,}",
            *(f"{entry[name]['mean']:.1%} ± {entry[name]['sd']:.1%}" for name in measures),
        )
        for entry in report["curve"]
    ]
    table(("arm", "examples", *measures.values()), rows)
    say("[bold]{}[/bold]", report["verdict"]["word"])
    for sentence in report["verdict"]["sentences"]:
        say("  {}", sentence)
    kept = report["set"]
    say("set: {}", f"{kept['name']} v{kept['version']}, {kept['n']:,} examples")


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else ()


def _options(given: list[str]) -> dict[str, dict[str, str]]:
    """["top.by=loss"] -> {"top": {"by": "loss"}}."""
    found: dict[str, dict[str, str]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        policy, dot, option = name.partition(".")
        if not equals or not dot:
            raise HemError(f"--option expects policy.option=value, such as top.by=loss; got '{text}'")
        found.setdefault(policy.strip(), {})[option.strip()] = value.strip()
    return found
