from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import hem_core.selection.policies
from hem_core import folder
from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import bars, say, table
from hem_core.cli._tags_url import TagsUrl, tags_at
from hem_core.store.level_names import noun

PLACE = 70
READ_ONLY = {"save": None}
POLICIES = ", ".join(folder.names(hem_core.selection.policies))


def select(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    n: Annotated[int, typer.Option(help="How many examples.", min=1)] = 500,
    policy: Annotated[
        str | None,
        typer.Option(
            help=f"One, or several separated by commas, each choosing from what the previous one kept: {POLICIES}. "
            "Default: margin,per_class; for a run without recorded training stratified,margin; for one without a "
            "measure of uncertainty, as of boxes, tags and numbers, random.",
            show_default=False,
        ),
    ] = None,
    where: Annotated[str | None, typer.Option(help="SQL condition: \"difficulty > 50 AND reason <> 'easy'\".")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="POLICY.OPTION=VALUE, such as margin.by=top2_gap; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random draws; the same seed gives the same set.")] = 0,
    level: Annotated[
        str, typer.Option(help="Which rows to choose from: the examples, or the parts that the run has a level for.")
    ] = "examples",
    with_held_out: Annotated[
        bool,
        typer.Option("--with-held-out", help="Include the test and val splits among the candidates."),
    ] = False,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="Compare the set with a random one and the hardest one, and show what a linear probe gains.",
        ),
    ] = False,
    save: Annotated[str | None, typer.Option(help="Save it as the next version of the set of this name.")] = None,
    by: Annotated[str, typer.Option(help="Who made the set.")] = "hem select",
    tags_url: TagsUrl = None,
) -> dict[str, Any]:
    """Choose examples for training, see which are chosen and why the rest are not, and save them as a set."""
    tags_at(tags_url)
    from hem_core.sets.select import save as save_set
    from hem_core.sets.select import select as choose
    from hem_core.store.run import open_run
    from hem_core.store.sets import check_name
    from hem_core.store.workspace import open_workspace

    if save is not None:
        check_name(save)
    opened = open_run(run).level(level)
    workspace = open_workspace(run).folder if save else None
    chain = [name.strip() for name in policy.split(",")] if policy else None
    chosen = choose(
        opened,
        n=n,
        policies=chain,
        where=where,
        has_held_out=with_held_out,
        options=_options(option or []),
        seed=seed,
    )
    _say_chosen(chosen, is_usual=chain is None)
    seen, proved = _previewed(opened, chosen, noun(level), seed) if preview else (None, None)
    path = None
    if workspace is not None and save:
        path = save_set(workspace, save, opened, chosen, made_by=by, preview=seen, proof=proved)
        say("saved as {}", f"{save} {path.name}: {path}")
    else:
        say("not saved; to save it, add {}", "--save NAME")
    return _answer(chosen, seen, proved, path)


def _answer(chosen: Any, seen: Any, proved: Any, saved: Path | None) -> dict[str, Any]:
    return {
        "n": len(chosen.examples),
        "ids": chosen.examples["id"],
        "settings": chosen.settings,
        "left_out": chosen.counts,
        "preview": None if seen is None else {name: row.to_dict() for name, row in seen.table.iterrows()},
        "proof": None if proved is None else proved.facts(),
        "saved": saved,
    }


def _previewed(opened: Any, chosen: Any, rows: str, seed: int) -> tuple[Any, Any]:
    """The preview and the proof of a set, shown; None for a proof that cannot be made."""
    from hem_core.errors import HemError
    from hem_core.sets.preview import preview
    from hem_core.sets.proof import proof

    seen = preview(opened, chosen, seed=seed)
    _show_preview(seen, rows)
    try:
        with bars() as progress:
            proved = proof(opened, chosen, progress=progress)
        _show_proof(proved, rows)
    except HemError as error:
        say("[yellow]no proof[/]: {}", error)
        return seen, None
    return seen, proved


def _options(given: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in given:
        name, dot, rest = text.partition(".")
        option, equals, value = rest.partition("=")
        if not (dot and equals and name and option):
            raise typer.BadParameter(f"--option expects POLICY.OPTION=VALUE, such as margin.by=entropy; got '{text}'")
        found.setdefault(name, {})[option] = value
    return found


def _say_chosen(chosen: Any, *, is_usual: bool) -> None:
    n, among = len(chosen.examples), chosen.settings["n_candidates"]
    say("{} ({} candidates)", chosen.settings["in_words"], f"{among:,}")
    if n < chosen.settings["n"]:
        say("[yellow]fewer than the {} requested[/]: no other candidate can be chosen", f"{chosen.settings['n']:,}")
    for why, count in chosen.counts.items():
        say("  left out: {}", f"{count:,} {why}")
    if is_usual and chosen.settings["policies"] == ["random"]:
        say("  at random, since nothing here measures uncertainty; --policy top takes the hardest, --policy stratified")
        say("  a sample of every difficulty without the hardest tenth")


def _show_preview(seen: Any, rows: str) -> None:
    def line(measure: str, column: str, form: str) -> tuple[str, ...]:
        return measure, *(_number(value, form) for value in seen.table[column])

    smallest = zip(seen.table["rarest_class_share"], seen.table["rarest_class"], strict=True)
    of_classes = [
        line("classes", "n_classes", ",.0f"),
        ("smallest class", *(f"{_number(share, '.1%')} {name}".rstrip() for share, name in smallest)),
    ]
    table(
        ("", *("hardest" if name == "top" else name for name in seen.table.index)),
        [
            line(rows, "n", ",.0f"),
            line("mean difficulty, percentile", "mean_difficulty", ".1f"),
            *(of_classes if seen.has_classes else []),
            line("coverage (random: half)", "coverage", ".0%"),
            line("expected wrong labels", "expected_label_errors", ",.1f"),
            line("suspected label errors, not reviewed", "n_suspects", ",.0f"),
            line("near-duplicates", "n_duplicates", ",.0f"),
        ],
    )


def _show_proof(proved: Any, rows: str) -> None:
    arms = proved.table.itertuples(index=False)
    table(
        ("probe trained on", rows, "accuracy", "95% interval"),
        [(arm, f"{n:,}", f"{mean:.2%}", f"{low:.2%} to {high:.2%}") for arm, n, mean, low, high in arms],
    )
    say("{}", f"{proved.note} ({proved.seconds:.1f} s)")


def _number(value: float, form: str) -> str:
    return "not known" if value != value else format(value, form)
