from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.buckets.places import named
from hem_core.buckets.uploading import uploading
from hem_core.cli._paths import IN_BUCKET, RUN_IN_BUCKET
from hem_core.cli._screen import say
from hem_core.cli._tags_url import TagsUrl, tags_at

PLACE = 95
MOST_LISTED = 20


def correct(
    run: Annotated[Path, typer.Argument(help="A run that was scored from annotations of boxes."), RUN_IN_BUCKET],
    out: Annotated[
        Path,
        typer.Option(help="A new folder for the corrected annotations and changes.csv, or a .json file for COCO."),
        IN_BUCKET,
    ],
    trust: Annotated[
        str,
        typer.Option(
            help="Whose verdict counts where people disagree: a reviewer's name, or last. By default nobody's."
        ),
    ] = "",
    tags_url: TagsUrl = None,
) -> dict[str, Any]:
    """Write annotations of boxes with the corrections that people made in the app.

    The verdicts of Review on the level boxes are applied: another box, another class, an object that was missing, one
    that is not there. On many boxes at once, tag them in Explore: 'take predicted' puts the predicted box in the place
    of the given one, or adds it where none is given; 'remove' removes the given box. All else stays as it is in the
    file. Boxes that people disagree on are listed and left as they are. Run it again after more reviews.
    """
    tags_at(tags_url)
    from hem_core.labels.corrected_boxes import corrected_boxes
    from hem_core.labels.corrected_files import write_corrected
    from hem_core.store.run import open_run
    from hem_core.store.workspace import open_workspace

    found = corrected_boxes(open_run(run), open_workspace(run).tags_to_read(), trust=trust)
    with uploading(out) as place:
        paths = [named(path) for path in write_corrected(found, place)]
    say("{}: {}", found.words, paths[0])
    for change in found.changes:
        if change.refused:
            say("  {}: {}", change.box or change.correction.image, change.refused)
    for conflict in found.conflicts[:MOST_LISTED]:
        say("  {}: {}", conflict.box, "; ".join(conflict.opinions))
    if found.conflicts:
        n = f"{len(found.conflicts):,}"
        say("  reviewers disagree on {}, left as they are: settle them in Review, or choose with --trust", n)
    if found.undecided:
        say("  {} called wrong without another class or box, left as they are", f"{len(found.undecided):,}")
    if found.outdated:
        say("  {} corrected on another state of the annotations, left as they are", f"{len(found.outdated):,}")
    return {
        "files": paths,
        "counts": found.counts,
        "refused": [
            {"box": each.box or each.correction.image, "why": each.refused} for each in found.changes if each.refused
        ],
        "conflicts": [{"box": each.box, "opinions": each.opinions} for each in found.conflicts],
        "undecided": found.undecided,
        "outdated": found.outdated,
    }
