"""From a saved set to a folder that someone retrains from; also a process of its own, for the app."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hem_core.engine.export_run import picture_reader
from hem_core.engine.made_from import feature_columns, whole_manifest, with_weight
from hem_core.errors import HemError, RunError
from hem_core.export._folder import Progress, export
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.workspace import open_workspace


def export_set(
    workspace: Path | str,
    name: str,
    version: int,
    target: Path | str,
    formats: Sequence[str],
    *,
    progress: Progress | None = None,
) -> Path:
    """Write one version of a set to the new folder `target`; pictures come from the run it was made from.

    Returns the folder. Raises DataError when there is no such version or the folder exists already.
    """
    loaded, manifest = sets.load(workspace, name, version)
    examples = with_weight(loaded)
    try:
        run = open_workspace(workspace).run(str(manifest.get("run")))
    except RunError:
        run = None  # it is gone: tables can still be written
    whole = whole_manifest(manifest, run, examples)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    return export(
        examples,
        target,
        formats,
        whole,
        read_image=picture_reader(run) if run is not None else None,
        classes=whole.get("classes") or (),
        features=list(feature_columns(whole, examples).values()),
        progress=progress,
    )


def main(workspace: str, name: str, version: str, target: str, note: str, *formats: str) -> int:
    """Export as a process: progress, or the error, is left as JSON in the file `note`. Returns the exit code."""

    def progress(stage: str, done: int, total: int) -> None:
        write_json(Path(note), {"stage": stage, "done": done, "total": total})

    try:
        export_set(workspace, name, int(version), target, formats, progress=progress)
    except HemError as error:
        write_json(Path(note), {"error": str(error)})
        return 2
    Path(note).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
