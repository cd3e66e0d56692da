"""Exports of saved sets as jobs: a page can be left, the server stays quick."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hem_core.export
from hem_core import folder as registry
from hem_core.errors import HemError
from hem_core.jobs import start as jobs
from hem_core.jobs.job import open_job, read
from hem_core.jobs.kinds.export import export_job, target
from hem_core.jobs.state import state as jobs_state
from hem_core.store.level_names import EXAMPLES
from hem_core.store.workspace import open_workspace

MAX_ZIP_BYTES = 50 << 20
SMALL = 5_000
"""Examples that a thread of the server exports."""
TRIED = 100
"""Examples among which one with a picture is looked for."""


def place(workspace: Path, name: str, version: int, formats: Sequence[str]) -> Path:
    """Where an export goes, or is: exports/<set>-v<version>-<formats> in the workspace.

    Of a workspace that cannot be written to, in a temporary folder that is removed when the server stops.
    """
    job = export_job(workspace, name, version, formats)
    kept = workspace / "exports" / job.name
    return kept if kept.is_dir() or job.home == job.workspace else target(job)


def unfit(workspace: Path, name: str, version: int, data: str = "") -> dict[str, str]:
    """The formats that cannot work for a version of a set -> why, tried on an example whose picture can be read.

    data: the folder where the pictures are now, "" where they were not moved.
    """
    import pyarrow.parquet as pq

    from hem_core.sets.pictures import pictures_of_level
    from hem_core.sets.run_of_set import find_run_of_set

    home = workspace / "sets" / name / f"v{version}"
    manifest = read(home / "manifest.json")
    some = next(pq.ParquetFile(home / "examples.parquet").iter_batches(TRIED)).to_pandas()
    opened = open_workspace(workspace)
    run = find_run_of_set(opened, manifest)  # where it is gone, tables can still be written
    level = str(manifest.get("level") or EXAMPLES)
    pictures = pictures_of_level(run, level, data or None, opened) if run is not None else None
    row = next((k for k in range(len(some)) if pictures is None or not pictures.lacking(some.iloc[[k]])), 0)
    found = {}
    for format in registry.names(hem_core.export):
        with tempfile.TemporaryDirectory(prefix="hem-") as folder:
            try:
                registry.load(hem_core.export, format).write(some.iloc[[row]], Path(folder), read_image=pictures)
            except HemError as error:
                found[format] = str(error).removeprefix(f"format '{format}' ")
    return found


def start(workspace: Path, name: str, version: int, formats: Sequence[str], data: str = "") -> None:
    """Begin to export a version of a set to its place, unless that is being done; `state` tells how far it is.

    data: as for `unfit`. A small one is written by a thread, at once: a process takes seconds to begin.
    """
    n = int(read(workspace / "sets" / name / f"v{version}" / "manifest.json").get("n") or 0)
    jobs.start(export_job(workspace, name, version, formats, data), total=n, in_thread=0 < n <= SMALL)


def state(workspace: Path, place: Path) -> dict[str, Any]:
    """How an export stands: `status` 'none', 'running', 'done' or 'failed', with stage, done, total or error."""
    job = open_job(workspace, "export", place.name)
    found = jobs_state(job) if job is not None else None
    if found is not None and found.status == "running":
        return {"status": "running", "stage": found.stage, "done": found.done, "total": found.total}
    if place.is_dir():
        return {"status": "done"}
    if found is None or found.ended_well:
        return {"status": "none"}
    return {"status": "failed", "error": found.error or "the export was stopped; start it again"}


def wait(workspace: Path, place: Path) -> None:
    """Wait until nobody is at work on an export."""
    job = open_job(workspace, "export", place.name)
    if job is not None:
        jobs.wait(job)


def size_bytes(folder: Path) -> int:
    """How large a folder is."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def zipped(folder: Path) -> bytes:
    """A folder as the bytes of a zip, names relative to it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return out.getvalue()
