"""From a run to a folder that someone retrains from."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.engine.made_from import feature_columns, whole_manifest, with_weight
from hem_core.engine.progress import Listener
from hem_core.errors import RunError
from hem_core.export._folder import export
from hem_core.media.image import open_image
from hem_core.selection.curate import curate
from hem_core.store.run import Run, open_run
from hem_core.store.tagged import with_tags
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    import pandas as pd


def export_run(
    folder: Path | str,
    out: Path | str,
    *,
    where: str | None,
    formats: Sequence[str],
    progress: Listener | None = None,
) -> tuple[Path, int]:
    """Write the examples of a run that meet the SQL condition `where` to the new folder `out`.

    Corrected labels are in place. Examples tagged outlier, duplicate or skip stay out, and so do those tagged
    mislabelled without a new label.
    Returns the folder and the number of examples. Raises HemError for a condition that does not parse, an empty
    result, an unknown format, or a folder that is there already.
    """
    run = open_run(folder)
    chosen = run.query(where=where).drop(columns="row")
    tagged = with_tags(chosen, _tags_of(run))
    made = curate(tagged)
    examples = with_weight(made.examples)
    manifest = whole_manifest({"where": where, "counts": {"left_out": made.ruled_out}}, run, examples)
    target = export(
        examples,
        Path(out),
        formats,
        manifest,
        read_image=picture_reader(run),
        classes=run.classes,
        features=list(feature_columns(manifest, examples).values()),
        progress=progress,
    )
    return target, len(examples)


def picture_reader(run: Run) -> Callable[[pd.Series], tuple[str, bytes]] | None:
    """Gives the suffix and bytes of one example's picture: the original file, or a PNG of its array row.

    None when the run's data are no pictures.
    """
    is_stored = run.info["data"].get("medium") in ("image", "array")
    if run.root is None or not is_stored or "pictures" in run.info.get("missing", {}):
        return None
    root = run.root

    def read(row: pd.Series) -> tuple[str, bytes]:
        path = root / str(row["image"])
        if "image_row" not in row and path.is_file():
            return path.suffix, path.read_bytes()
        buffer = io.BytesIO()
        index: Any = row.get("image_row")
        open_image(root, str(row["image"]), None if index is None else int(index)).save(buffer, "PNG")
        return ".png", buffer.getvalue()

    return read


def _tags_of(run: Run) -> pd.DataFrame:
    import pandas as pd

    try:
        workspace = open_workspace(run.folder)
    except RunError:
        return pd.DataFrame(columns=["id", "tag", "value", "who", "at"])
    return workspace.tags().state(run.data)
