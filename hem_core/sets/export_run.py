"""From a run to a folder that someone retrains from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hem_core.engine.progress import Listener
from hem_core.errors import DataError, RunError
from hem_core.export._folder import export
from hem_core.selection.verdicts_applied import HELD_OUT, WORDS, curate
from hem_core.sets.box_corrections import box_corrections
from hem_core.sets.export_pictures import with_pictures
from hem_core.sets.label_sets import label_sets, state_of
from hem_core.sets.pictures import pictures_of_level
from hem_core.sets.provenance import feature_columns, whole_manifest, with_weight
from hem_core.sets.with_boxes import classes_of_boxes, is_whole_images, of_images, with_boxes
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES, noun
from hem_core.store.run import Run, open_run
from hem_core.store.tagged import with_tags
from hem_core.store.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Exported:
    """A folder that was written, and what did not get into it."""

    folder: Path
    n: int
    """How many examples it has."""
    left_out: dict[str, int]
    """Words -> how many examples stayed out."""
    skipped: dict[str, str]
    """Id -> why its picture could not be read."""


def export_run(
    folder: Path | str,
    out: Path | str,
    *,
    where: str | None,
    formats: Sequence[str],
    data: Path | str | None = None,
    has_held_out: bool = False,
    level: str = EXAMPLES,
    progress: Listener | None = None,
) -> Exported:
    """Write the rows of a level of a run that meet the SQL condition `where` to the new folder `out`.

    Corrected labels are in place. Examples tagged outlier, duplicate, skip or removed stay out, and so do those tagged
    mislabelled without a new label, and, without has_held_out, those whose split is test or validation.
    data: where the pictures are now, when they were moved. An example whose picture is gone is skipped.
    Raises HemError for a condition that does not parse, an empty result, an unknown format, a folder that is there
    already, and when no picture is left.
    """
    run = open_run(folder)
    table = run.level(level)
    chosen = table.query(where=where).drop(columns="row")
    workspace = _workspace_of(run)
    made = curate(with_tags(chosen, _tags_of(table, workspace)), has_held_out=has_held_out)
    left_out = {WORDS[why]: n for why, n in Counter(made.excluded["why"].tolist()).items()}
    if len(chosen) and not len(made.examples):
        raise DataError(f"none of the {len(chosen):,} {noun(level)} can be exported: {_counted(left_out)}")
    is_whole, chosen_rows = is_whole_images(run, level, formats), with_weight(made.examples)
    if is_whole:
        chosen_rows = with_boxes(
            chosen_rows, run, level, workspace.tags_to_read() if workspace else None, formats=formats
        )
    pictures = pictures_of_level(run, EXAMPLES if is_whole else level, data, workspace)
    examples, skipped = with_pictures(chosen_rows, pictures, formats)
    counts = {"left_out": dict(Counter(made.excluded["why"].tolist()))}
    corrections = (
        box_corrections(run, workspace.tags_to_read(), made.examples, level) if workspace and is_whole else None
    )
    noted = {**table.in_manifest(), "where": where, "counts": counts, "corrections": corrections}
    manifest = whole_manifest(noted, run, examples)
    target = export(
        examples,
        Path(out),
        formats,
        of_images(manifest) if is_whole else manifest,
        read_image=pictures,
        classes=run.classes or (classes_of_boxes(run) if is_whole else ()),
        features=list(feature_columns(manifest, examples).values()),
        skipped=skipped,
        label_sets=label_sets(run, level),
        progress=progress,
    )
    return Exported(target, len(examples), left_out, skipped)


def _counted(left_out: dict[str, int]) -> str:
    held_out = any(words in left_out for words in HELD_OUT.values())
    counts = ", ".join(f"{n:,} {words}" for words, n in left_out.items())
    return counts + ("; --with-held-out exports those of the test and validation splits too" if held_out else "")


def _workspace_of(run: Run) -> Workspace | None:
    try:
        return open_workspace(run.folder)
    except RunError:
        return None


def _tags_of(level: Level, workspace: Workspace | None) -> pd.DataFrame:
    import pandas as pd

    if workspace is None:
        return pd.DataFrame(columns=["id", "tag", "value", "who", "at"])
    return state_of(level, workspace.tags_to_read())
