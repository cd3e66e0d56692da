from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core import tasks
from hem_core.cli._duration import seconds_of
from hem_core.cli._names import names_or_file
from hem_core.cli._panels import option
from hem_core.cli._paths import PATH
from hem_core.cli._screen import bars, say, table
from hem_core.cli._trainings import Budget, Device, DryRun, Runner, plan_answer, say_trainings
from hem_core.cli.retrain import say_expectation
from hem_core.engine.runners import DEFAULT as DEFAULT_RUNNER
from hem_core.retrain.threads import yield_while_waiting

if TYPE_CHECKING:
    from hem_core.prove.prove import Opened

PLACE = 98
LIST, DATA = "List", "Data"


def prove(
    list: Annotated[
        str,
        typer.Argument(
            help="The examples: ids or file names, one a line or in a table; row numbers or a mask (.npy); the JSON of "
            "FiftyOne or Label Studio; with --run also a saved set or an SQL condition."
        ),
    ],
    train: Annotated[str, typer.Option(help="my_train.py:train or package.module:train, which trains your model.")],
    data: Annotated[
        str | None, typer.Option(help="The training data, as for hem score: an image folder, a .csv …"), PATH
    ] = None,
    question: Annotated[
        str,
        typer.Option(
            help="drop: is a model better without them; relabel: with the labels of the list; weigh: with a higher "
            "weight on them; add: are they worth more than as many at random, added to a base."
        ),
    ] = "drop",
    test: Annotated[
        Path | None, typer.Option(help="Held-out data. Default: the data's split column, or a random fifth.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="A scored run, in place of --data.")] = None,
    tag: Annotated[str | None, option("Only the entries with this tag, verdict or choice.", panel=LIST)] = None,
    annotated_by: Annotated[
        str | None, option("Only the answers of this person, or of this annotation source.", panel=LIST)
    ] = None,
    column: Annotated[str | None, option("The list's column of ids or file names.", panel=LIST)] = None,
    labels_from: Annotated[
        str | None, option("The list's column, field or question with the corrected labels.", panel=LIST)
    ] = None,
    weight: Annotated[
        float | None, option("How many times as heavy they are. Default: the list's weight column, or 2.", panel=LIST)
    ] = None,
    base: Annotated[
        int | None, option("Examples of the base that add draws for each seed. Default: as many.", panel=LIST, min=1)
    ] = None,
    task: Annotated[
        str, option(f"What is predicted, where the data do not name it: {', '.join(tasks.names())}.", panel=DATA)
    ] = tasks.DEFAULT,
    id_column: Annotated[str | None, option("Column of the ids.", panel=DATA)] = None,
    label_column: Annotated[
        str | None, option("Column of the labels; of tags or several numbers one for each: rock,jazz.", panel=DATA)
    ] = None,
    image_column: Annotated[str | None, option("Column of the image paths.", panel=DATA)] = None,
    text_column: Annotated[str | None, option("Column of the texts.", panel=DATA)] = None,
    feature_columns: Annotated[str | None, option("Columns of a table: age,job, or '*' for all.", panel=DATA)] = None,
    images: Annotated[
        Path | None, option("Folder of the pictures of a table or of annotations of boxes.", panel=DATA)
    ] = None,
    separator: Annotated[str | None, option("What joins the tags of one label: '|', ';' or ','.", panel=DATA)] = None,
    classes: Annotated[str | None, option("Class names in the order of the outputs.", panel=DATA)] = None,
    resize: Annotated[int | None, option("Pixels of the shorter side of image files.", panel=DATA, min=1)] = None,
    seeds: Annotated[int, typer.Option(help="Trainings of each arm.", min=2)] = 5,
    seed: Annotated[int, typer.Option(help="The first of the seeds.", min=0)] = 0,
    out: Annotated[Path, typer.Option(help="Folder for trainings and report, made if need be.")] = Path("hem-prove"),
    name: Annotated[str | None, typer.Option(help="Name of the proof. Default: that of the list.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write the report here: .md to paste, .html to print, .json to read.")
    ] = None,
    device: Device = None,
    budget: Budget = None,
    runner: Runner = DEFAULT_RUNNER,
    dry_run: DryRun = False,
    force: Annotated[bool, typer.Option("--force", help="Go on despite a refusal; the report says so.")] = False,
) -> dict[str, Any]:
    """Prove a list: does leaving it out, relabelling, up-weighting or adding it make a better model?

    Trains your model with and without acting on the list, several seeds each, and with as many random examples in its
    place. No scored run is needed. Run it again to resume.
    """
    yield_while_waiting()
    from hem_core.prove.lists import ListOptions
    from hem_core.prove.paper import check_copy
    from hem_core.prove.prove import open_request
    from hem_core.prove.request import Request
    from hem_core.runs.options import Options

    if report is not None:
        check_copy(report)
    named = {"id": id_column, "label": label_column, "image": image_column, "text": text_column}
    columns = {f"{each}_column": value for each, value in named.items()} | {"feature_columns": feature_columns}
    reading: dict[str, Any] = {"task": task, "resize": resize, "images": images, "separator": separator}
    reading |= {"classes": names_or_file(classes, "--classes"), "device": device}
    reading["columns"] = {key: value for key, value in columns.items() if value}
    training: dict[str, Any] = {"weight": weight, "base": base, "seeds": seeds, "seed": seed}
    opened = open_request(
        Request(
            list,
            train,
            data=data,
            run=run,
            question=question,
            test=str(test) if test else None,
            tag=tag,
            who=annotated_by,
            columns=ListOptions(column, labels_from),
            **training,
            name=name,
            out=out,
            device=device,
            budget=seconds_of(budget, "--budget"),
            runner=runner,
            force=force,
            options=Options(**reading),
        )
    )
    _say_list(opened)
    return _show_dry_run(opened) if dry_run else _run(opened, report, str(budget))


def _run(opened: Opened, report: Path | None, budget: str) -> dict[str, Any]:
    from hem_core.jobs.command import listed
    from hem_core.prove.paper import answered, write_copy
    from hem_core.prove.prove import prove as answer

    with bars() as shown, listed("retraining", opened.home, shown) as progress:
        stored = answer(opened, progress=progress, announce=_say_plan)
    if stored.report is None:
        done = len((stored.progress or {}).get("finished") or ())
        n = len(opened.settings.ordered_arms) * opened.settings.seeds
        say("{} of {} trainings are done; the next one would not end within {}", str(done), str(n), budget)
        say("run the same command to resume")
        return {"report": None, "n_done": done, "n_trainings": n}
    found = answered(stored, opened.listed.manifest, opened.run)
    if report is not None:
        write_copy(report, stored, found)
    _say_answer(found)
    return found


def _say_list(opened: Opened) -> None:
    about = opened.listed.manifest["list"]
    say(
        "{}: {} of {} entries are examples of {}; {} take part",
        about["source"].get("where") or about["source"]["path"],
        f"{about['n_matched']:,}",
        f"{about['n_entries']:,}",
        opened.run.data,
        f"{about['n']:,}",
    )
    for note in [*about["notes"], *(f"forced: {line}" for line in about["forced"])]:
        say("  {}", note)


def _say_plan(plan: dict[str, Any]) -> None:
    """What is trained and tested, before it starts."""
    from hem_core.retrain.report.answer import arm_names

    for arm, about in arm_names(plan["question"]).items():
        if arm in plan["arms"]:
            say("  {}", f"{arm}: {about}")
    for line in [f"tested on {plan['test']['what']}", *plan["notes"]]:
        say("  {}", line)
    say_expectation(plan)


def _say_answer(found: dict[str, Any]) -> None:
    measure = found["measure"]
    rows = [
        (each["is"], f"{each['mean']:.2f} ± {each['sd']:.2f}", _difference(found["differences"].get(arm)))
        for arm, each in found["arms"].items()
    ]
    table(["trained on", f"{measure['measure']}, {measure['unit']}", "the list's difference (95%)"], rows)
    say("[bold]{}[/bold]", found["verdict"].upper())
    for sentence in found["sentences"]:
        say("  {}", sentence)
    say("report: {}", found["report"]["html"])
    say("to paste: {}", found["report"]["markdown"])


def _difference(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    ends = f" ({found['low']:+z.2f} to {found['high']:+z.2f})" if found["low"] is not None else ""
    return f"{found['mean']:+z.2f}{ends}"


def _show_dry_run(opened: Opened) -> dict[str, Any]:
    from hem_core.retrain.dry_run import dry_run

    found = dry_run(opened.home, opened.settings)
    say("{}", found.name)
    _say_plan(found.plan)
    say_trainings(found)
    return plan_answer(found)
