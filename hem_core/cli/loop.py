from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core import tasks
from hem_core.cli._duration import in_words, seconds_of
from hem_core.cli._names import names_or_file
from hem_core.cli._panels import option
from hem_core.cli._paths import PATH
from hem_core.cli._screen import bars, say, table
from hem_core.cli._trainings import Budget, Device, DryRun, Runner, plan_answer
from hem_core.engine.runners import DEFAULT as DEFAULT_RUNNER
from hem_core.errors import HemError
from hem_core.retrain.threads import yield_while_waiting

if TYPE_CHECKING:
    from hem_core.loop.loop import Loop

PLACE = 110
DATA, CHOICE, PERSON = "Data", "Choice", "People"


def loop(
    data: Annotated[
        str,
        typer.Argument(
            help="The pool: an image folder, a .csv, .parquet, .jsonl or .npz file, or annotations of boxes as for "
            "hem score."
        ),
        PATH,
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
        str | None, option("Test data. Default: the rows of split = test, otherwise a random share.", panel=DATA), PATH
    ] = None,
    test_share: Annotated[float, option("Share drawn as the test set if there is none.", panel=DATA)] = 0.2,
    data_name: Annotated[str | None, option("Name of the data; tags are shared under it.", panel=DATA)] = None,
    task: Annotated[
        str, option(f"What is predicted, where the data do not name it: {', '.join(tasks.names())}.", panel=DATA)
    ] = tasks.DEFAULT,
    id_column: Annotated[str | None, option("Column of the ids.", panel=DATA)] = None,
    label_column: Annotated[
        list[str] | None,
        option("Column of the labels; of tags or several numbers one for each: rock,jazz; or repeat it.", panel=DATA),
    ] = None,
    image_column: Annotated[str | None, option("Column of the image paths.", panel=DATA)] = None,
    text_column: Annotated[str | None, option("Column of the texts.", panel=DATA)] = None,
    feature_columns: Annotated[str | None, option("Columns of a table: age,job, or '*' for all.", panel=DATA)] = None,
    images: Annotated[
        Path | None, option("Folder of the pictures of a table or of annotations of boxes.", panel=DATA)
    ] = None,
    separator: Annotated[
        str | None, option("What joins the tags of one label, where it is not clear: '|', ';' or ','.", panel=DATA)
    ] = None,
    classes: Annotated[
        str | None, option("Class names in the order of the outputs: cat,dog or a file.", panel=DATA)
    ] = None,
    resize: Annotated[int | None, option("Pixels of the shorter side of image files.", panel=DATA, min=1)] = None,
    policy: Annotated[
        str | None,
        option("Chain of policies that chooses the additions. Default: the task's; see docs/loop.md.", panel=CHOICE),
    ] = None,
    option: Annotated[
        list[str] | None, option("policy.option=value, such as top.by=loss; repeat it.", panel=CHOICE)
    ] = None,
    arms: Annotated[str | None, option("Default: mined,random,all; with --by-person mined.", panel=CHOICE)] = None,
    draws: Annotated[
        int | None,
        option("Examples per epoch if train takes `sampler`. Default: as many as the pool has.", panel=CHOICE, min=1),
    ] = None,
    by_person: Annotated[
        bool, option("Stop after each choice until people have reviewed it.", "--by-person", panel=PERSON)
    ] = False,
    go_on: Annotated[
        bool, option("Continue without the missing answers and keep the given labels.", "--go-on", panel=PERSON)
    ] = False,
    device: Device = None,
    seed: Annotated[int, typer.Option(help="The first of the seeds; they determine the starts.", min=0)] = 0,
    budget: Budget = None,
    runner: Runner = DEFAULT_RUNNER,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Mine a pool in rounds (train, choose, add), compared with random additions. Run it again to resume."""
    yield_while_waiting()
    from hem_core.loop.settings import ARMS, Settings
    from hem_core.runs.options import Options

    named = {"id": id_column, "label": ",".join(label_column or ()), "image": image_column, "text": text_column}
    columns = {f"{name}_column": column for name, column in named.items()} | {"feature_columns": feature_columns}
    settings = Settings(
        start=start,
        add=add,
        rounds=rounds,
        seeds=seeds or (1 if by_person else 5),
        arms=_listed(arms) or (("mined",) if by_person else ARMS),
        policies=_listed(policy),
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
        runner=runner,
        resize=resize,
        images=images,
        separator=separator,
        columns={key: value for key, value in columns.items() if value},
    )
    request = {"train": train, "out": out, "settings": settings, "name": name, "test": test, "test_share": test_share}
    request["options"] = options
    return _show_dry_run(data, request) if dry_run else _run(data, request, go_on=go_on)


def _run(data: str, request: dict[str, Any], *, go_on: bool) -> dict[str, Any]:
    from hem_core.jobs.command import listed
    from hem_core.loop.loop import loop as run_loop

    with bars() as shown, listed("loop", request["out"], shown) as progress:
        found = run_loop(data, **request, go_on=go_on, progress=progress)
    _show(found)
    return {"folder": found.folder, "report": found.report, "waits_for": found.waits_for}


def _show_dry_run(data: str, request: dict[str, Any]) -> dict[str, Any]:
    from hem_core.loop.dry_run import dry_run

    found = dry_run(data, **request)
    say("{}: {}", found.name, f"a pool of {found.n_pool:,}, tested on {found.test}")
    for arm, n in found.arms.items():
        say("  {}: {} trainings", arm, str(n))
    say("{} trainings, {} of them done", str(found.n_trainings), str(found.n_done))
    if found.seconds_each is None or found.seconds_left is None:
        say("time: not known, since no training of this loop has been timed; --budget 1s trains one, then ask again")
    else:
        each, left = in_words(found.seconds_each), in_words(found.seconds_left)
        say("time: at most about {} for the remaining trainings; the longest one took {}", left, each)
    return plan_answer(found)


def _show(found: Loop) -> None:
    """The report, or what the loop waits for."""
    from hem_core.loop import printed
    from hem_core.loop.measures import measures_in

    report = found.report
    if report is None:
        say("{}", found.waits_for)
        return
    measures = measures_in(report)
    rows = [
        (
            entry["arm"],
            f"{entry['n']:,}",
            *(printed.with_spread(measure, entry[measure.column]) for measure in measures),
        )
        for entry in report["curve"]
    ]
    table(("arm", "examples", *map(printed.title, measures)), rows)
    say("[bold]{}[/bold]", report["verdict"]["word"])
    for sentence in report["verdict"]["sentences"]:
        say("  {}", sentence)
    kept = report["set"]
    say("set: {}", f"{kept['name']} v{kept['version']}, {kept['n']:,} examples")
    say("report: {}", found.folder / "report.html")


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
