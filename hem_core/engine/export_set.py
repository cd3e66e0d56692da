"""From a saved set to a folder that someone retrains from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hem_core.engine.export_run import picture_reader
from hem_core.errors import RunError
from hem_core.export._folder import Progress, export
from hem_core.store import sets
from hem_core.store.workspace import open_workspace


def export_set(
    workspace: Path | str,
    name: str,
    version: int,
    formats: Sequence[str],
    *,
    progress: Progress | None = None,
) -> Path:
    """Write one version of a set to `export_folder(…)`; pictures come from the run it was made from.

    Returns the folder. Raises DataError when there is no such version or the folder exists already.
    """
    examples, manifest = sets.load(workspace, name, version)
    try:
        read_image = picture_reader(open_workspace(workspace).run(str(manifest.get("run"))))
    except RunError:
        read_image = None  # the run is gone: tables can still be written
    target = export_folder(workspace, name, version, formats)
    target.parent.mkdir(parents=True, exist_ok=True)
    return export(examples, target, formats, manifest, read_image=read_image, progress=progress)


def export_folder(workspace: Path | str, name: str, version: int, formats: Sequence[str]) -> Path:
    """Where an export goes: exports/<set>-v<version>-<formats> in the workspace."""
    return Path(workspace) / "exports" / f"{name}-v{version}-{'-'.join(sorted(set(formats)))}"
