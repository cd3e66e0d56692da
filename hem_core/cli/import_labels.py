from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core.buckets.places import named
from hem_core.cli._paths import WORKSPACE_IN_BUCKET
from hem_core.cli._screen import say
from hem_core.cli._tags_url import TagsUrl, tags_at

if TYPE_CHECKING:
    from hem_core.labels.import_boxes import ImportedBoxes
    from hem_core.labels.import_labels import ImportedLabels

PLACE = 90
SHOWN = 20


def import_labels(
    file: Annotated[Path, typer.Argument(help="Label Studio's export; or a .csv, .jsonl or .parquet of id, label.")],
    workspace: Annotated[
        Path, typer.Option(help="The workspace whose examples were labelled."), WORKSPACE_IN_BUCKET
    ] = Path(),
    run: Annotated[str | None, typer.Option(help="A run of the data, if several data sets have these ids.")] = None,
    who: Annotated[str, typer.Option(help="Who gave the labels, if the file names nobody.")] = "import",
    tags_url: TagsUrl = None,
) -> Any:
    """Import labels that people gave elsewhere into the tag log. Importing a file twice adds nothing.

    Boxes of Label Studio become the verdicts that Review gives, moved, relabelled, added or deleted boxes included;
    hem correct then writes the corrected annotations.
    """
    tags_at(tags_url)
    from hem_core.labels.import_boxes import is_of_boxes

    if is_of_boxes(file):
        return _boxes(file, workspace, run, who)
    from hem_core.labels.import_labels import CHANGE, KEEP, SKIP, UNDECIDED
    from hem_core.labels.import_labels import import_labels as bring

    done = bring(file, workspace, run=run, who=who)
    say(
        "{} answers on data {}: {} keep the given label, {} give another one, {} skipped; {} had been imported before",
        *(f"{done.n_answers:,}", done.data, *(f"{done.counts[tag]:,}" for tag in (KEEP, CHANGE, SKIP))),
        f"{done.n_known:,}",
    )
    _skipped(done, "without an answer, or with more than one", "'example_id' or 'id'")
    _list("labels that are not classes, skipped", [f"{id} ({label})" for id, label in done.unknown_labels.items()])
    at_odds = [f"{id} ({_votes(votes)})" for id, votes in done.disagreements.items()]
    _list(f"people disagree: the majority counts, a tie is '{UNDECIDED}'", at_odds)
    return done


def _boxes(file: Path, workspace: Path, run: str | None, who: str) -> ImportedBoxes:
    from hem_core.labels.import_boxes import import_boxes

    done = import_boxes(file, workspace, run=run, who=who)
    say("{}", done.words)
    _skipped(done, "without an answer", "'example_id'")
    _list("disputed, left as given", done.conflicts)
    say("  to write the corrected annotations: {}", f"hem correct {named(workspace / 'runs' / done.run)} --out FOLDER")
    return done


def _skipped(done: ImportedLabels | ImportedBoxes, unanswered: str, keys: str) -> None:
    """The notes, and what no verdict was made of."""
    for note in done.notes:
        say("  note: {}", note)
    _list(unanswered, done.unanswered)
    if done.n_without_id:
        say("  {} entries without {}, skipped", f"{done.n_without_id:,}", keys)
    _list("unknown ids, skipped", done.unknown_ids)


def _votes(votes: dict[str, int]) -> str:
    return ", ".join(f"{label or 'skipped'} {n}" for label, n in votes.items())


def _list(what: str, texts: list[str]) -> None:
    if texts:
        more = f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
        say("  {} {}: {}{}", f"{len(texts):,}", what, ", ".join(texts[:SHOWN]), more)
