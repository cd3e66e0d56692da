"""From a saved set to a folder that someone retrains from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hem_core.errors import RunError
from hem_core.export._folder import Progress, export
from hem_core.export._holds import has_pictures
from hem_core.media import medium
from hem_core.sets.label_sets import label_sets
from hem_core.sets.run_of_set import find_run_of_set, gone
from hem_core.store import sets
from hem_core.store.level_names import EXAMPLES
from hem_core.store.workspace import Workspace, open_workspace


def export_set(
    workspace: Path | str,
    name: str,
    version: int,
    target: Path | str,
    formats: Sequence[str],
    *,
    data: Path | str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write one version of a set to the new folder `target`; pictures come from the run it was made from.

    Images with boxes are written with all their boxes; a set of boxes too where a format holds boxes, as the images
    that they are in. The run is found by its fingerprint, so that its folder may have another name by now. data: where
    the pictures are now, when they were moved; an example whose picture is gone is skipped, and named in the manifest's
    `skipped`. Returns the folder. Raises DataError when there is no such version, the folder exists already, or no
    picture is left; RunError when a format wants pictures and the run is gone.
    """
    from hem_core.sets.box_corrections import box_corrections
    from hem_core.sets.export_pictures import with_pictures
    from hem_core.sets.pictures import pictures_of_level
    from hem_core.sets.provenance import feature_columns, whole_manifest, with_weight
    from hem_core.sets.with_boxes import classes_of_boxes, is_whole_images, of_images, with_boxes

    loaded, manifest = sets.load(workspace, name, version)
    if progress is not None:
        progress("reading the set", 0, len(loaded))
    opened = open_workspace(workspace)
    run = find_run_of_set(opened, manifest)
    if run is None:
        _check_tables(opened, manifest, formats, has_images="image" in loaded.columns)
    level = str(manifest.get("level") or EXAMPLES)
    loaded = with_weight(loaded)
    is_whole = is_whole_images(run, level, formats)
    if is_whole and run is not None:
        manifest = {**manifest, "corrections": box_corrections(run, opened.tags_to_read(), loaded, level)}
        loaded = with_boxes(loaded, run, level, opened.tags_to_read(), formats=formats)
        level, manifest = EXAMPLES, of_images(manifest)
    pictures = pictures_of_level(run, level, data, opened) if run is not None else None
    examples, skipped = with_pictures(loaded, pictures, formats)
    whole = whole_manifest(manifest, run, examples)
    return export(
        examples,
        target,
        formats,
        whole,
        read_image=pictures,
        classes=whole.get("classes") or (classes_of_boxes(run) if is_whole and run is not None else ()),
        features=list(feature_columns(whole, examples).values()),
        skipped=skipped,
        label_sets=label_sets(run, level),
        progress=progress,
    )


def _check_tables(
    workspace: Workspace, manifest: Mapping[str, Any], formats: Sequence[str], *, has_images: bool
) -> None:
    """A set of pictures whose run is gone can be written as tables alone."""
    name = (manifest.get("data") or {}).get("medium", "image" if has_images else "row")
    if not medium(name).pictures:
        return
    import hem_core.export
    from hem_core import folder as registry

    wanted = [name for name in formats if has_pictures(registry.load(hem_core.export, name))]
    if wanted:
        raise RunError(
            f"format '{wanted[0]}' needs the pictures, and {gone(workspace, manifest)}; parquet, csv and jsonl can be "
            "written without it"
        )
