from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli._screen import say

PLACE = 95


def correct(
    run: Annotated[Path, typer.Argument(help="A run that was scored from annotations of boxes.")],
    out: Annotated[Path, typer.Option(help="A new folder for the corrected annotations and changes.csv.")],
) -> None:
    """Write annotations of boxes with the corrections that people made in the app.

    On the level boxes: 'label wrong' with a class relabels a box; the tag 'take predicted' puts the predicted box in
    its place, or adds it where none is given; the tag 'remove' removes it. All else stays as it is in the file.
    """
    from hem_core.labels.corrected_boxes import corrected_boxes, write_corrected
    from hem_core.store.run import open_run
    from hem_core.store.workspace import open_workspace

    found = corrected_boxes(open_run(run), open_workspace(run).tags())
    paths = write_corrected(found, out)
    done = ", ".join(f"{n:,} {action}" for action, n in sorted(found.counts.items())) or "no corrections"
    say("{}: {}", done, str(paths[0]))
    for change in found.changes:
        if change.refused:
            say("  {}: {}", change.box or change.correction.image, change.refused)
    if found.undecided:
        say("  {} called wrong without another class or box, left as they are", f"{len(found.undecided):,}")
