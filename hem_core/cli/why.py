from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import say

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.runs.why import Why
    from hem_core.store.run import Run

PLACE = 65
READ_ONLY: dict[str, Any] = {}


def why(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    rule: Annotated[
        str | None,
        typer.Option(
            help='The group as a rule, such as {"all": [{"column": "label", "in": ["cat"]}]}; see docs/why.md.'
        ),
    ] = None,
    where: Annotated[str | None, typer.Option(help='The group as an SQL condition: "difficulty > 90".')] = None,
    set_name: Annotated[str | None, typer.Option("--set", help="The group is a saved set: NAME, or NAME_v2.")] = None,
    view: Annotated[
        str | None, typer.Option(help="The group is what a saved view selects, or filters where it selects nothing.")
    ] = None,
    within: Annotated[
        str | None, typer.Option(help="A rule: compare with the rest of what it picks, not with the rest of the run.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="Which rows: the examples, or the parts that the run has a level for.")
    ] = None,
    most: Annotated[
        int, typer.Option(help="Sentences on what the rows are, and on what the model made of them.", min=1)
    ] = 8,
) -> dict[str, Any]:
    """Say what sets a group of examples apart from the rest, in sentences with intervals; with --json all numbers
    behind each sentence."""
    from hem_core.errors import DataError
    from hem_core.runs.why import why as why_of
    from hem_core.store.level_names import EXAMPLES
    from hem_core.store.run import open_run

    if (rule is not None or where is not None) + (set_name is not None) + (view is not None) != 1:
        raise DataError("name one group: by --rule and --where, by --set, or by --view")
    opened = open_run(run)
    group: dict[str, Any] = {"rule": _rule(rule, "--rule"), "within": _rule(within, "--within"), "where": where}
    named = _of_set(opened, set_name) if set_name else _of_view(opened, view) if view else {}
    if within is not None and "within" in named:
        raise DataError("--within and a --view that selects exclude each other: compared is the rest of its filter")
    of_level = named.pop("level", EXAMPLES)
    rows = opened.level(level or of_level)
    found = why_of(rows, **{**group, **named}, tags=_tags(opened, rows.name), most=most)
    _print(found)
    return found.as_json()


def _print(found: Why) -> None:
    say("{}", found.comparison)
    if found.verdict:
        say("{}", found.verdict)
    for title, is_of_model in (("what they are", False), ("what the model makes of them", True)):
        lines = [one for one in found.statements if one.is_of_model == is_of_model]
        if lines:
            say("[bold]{}[/bold]", title)
        for one in lines:
            sys.stdout.write(f"  {one.sentence()}\n")
            sys.stdout.flush()
    if found.skipped:
        say("not compared, because the group is chosen by them: {}", ", ".join(found.skipped))


def _rule(text: str | None, option: str) -> dict[str, Any] | None:
    from hem_core.errors import DataError

    try:
        return json.loads(text) if text is not None else None
    except ValueError as error:
        raise DataError(f"{option} is not valid JSON ({error}); an SQL condition goes into --where") from error


def _of_set(run: Run, name: str) -> dict[str, Any]:
    from hem_core.store import sets
    from hem_core.store.workspace import open_workspace

    folder = open_workspace(run.folder).folder
    rows, manifest = sets.load(folder, *sets.named(folder, name))
    return {"ids": rows["id"].tolist(), **({"level": manifest["level"]} if "level" in manifest else {})}


def _of_view(run: Run, name: str) -> dict[str, Any]:
    from hem_core.store import rules, saved_views
    from hem_core.store.workspace import open_workspace

    view = saved_views.load(open_workspace(run.folder).folder, name)
    is_selecting = bool(rules.clauses(view.selection))
    group = {"rule": view.selection, "within": view.filter} if is_selecting else {"rule": view.filter}
    return {**group, "level": view.level}


def _tags(run: Run, level: str) -> pd.DataFrame | None:
    """The tags of a level's rows; None for a run outside a workspace, and where nobody gave one."""
    from hem_core.errors import RunError
    from hem_core.store.workspace import open_workspace

    try:
        workspace = open_workspace(run.folder)
    except RunError:
        return None
    from hem_core.store.tag_place import tag_place

    place = tag_place(workspace.folder)
    is_tagged = isinstance(place, str) or place.is_file()
    return workspace.tags().level(level).state(run.level(level).data) if is_tagged else None
