"""Export: a version of a saved set, or rows of a run, are written to a new folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hem_core.buckets.address import is_address
from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, new_job

TITLE = "Export"
WITHOUT_WRITING = True
"""Also from a read-only workspace: the folder is then removed when the server ends."""


def export_job(workspace: Path, name: str, version: int, formats: Sequence[str], data: str = "") -> Job:
    """The export of a version of a set. data: the present folder of the pictures, "" if they were not moved."""
    settings = {"set": name, "version": version, "formats": sorted(set(formats)), "data": data}
    called = f"{name}-v{version}-{'-'.join(settings['formats'])}"
    return new_job(workspace, "export", called, settings, without_writing=WITHOUT_WRITING)


def target(job: Job) -> Path:
    """The output folder: that of a command, otherwise exports/<name> in the workspace or its stand-in."""
    out = job.settings.get("out")
    return Path(str(out)) if out else job.home / "exports" / job.name


def words(job: Job) -> str:
    settings = job.settings
    is_of_set = "set" in settings
    what = f"{settings['set']} v{settings['version']}" if is_of_set else f"{settings['level']} of {settings['run']}"
    return f"{what} as {', '.join(settings['formats'])}"


def writes(job: Job) -> tuple[Path, ...]:
    return (target(job),)


def is_done(job: Job) -> bool:
    if is_address(job.settings.get("out")):  # a folder beyond the disk is not looked at again
        return (job.folder / "result.json").is_file()
    return target(job).is_dir()


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "sets", ({} if "set" in job.settings else {"run": str(job.settings.get("run", ""))})


def run(job: Job, progress: Listener) -> None:
    from hem_core.sets.export_set import export_set

    settings = job.settings
    target(job).parent.mkdir(parents=True, exist_ok=True)
    export_set(
        job.workspace,
        str(settings["set"]),
        int(settings["version"]),
        target(job),
        settings["formats"],
        data=settings.get("data") or None,
        progress=progress,
    )
