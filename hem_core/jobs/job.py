"""A job and the files of its folder."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hem_core.errors import RunError
from hem_core.store.claim import owner

FORMAT_VERSION = 1
FOLDER = "jobs"
SETTINGS, CLAIM = "settings.json", "job.process"


@dataclass(frozen=True)
class Job:
    """One piece of background work: the same kind and name in the same workspace are the same job."""

    workspace: Path
    kind: str
    name: str
    folder: Path
    """<home>/jobs/<kind>/<name>, where home is the workspace, or a stand-in for a read-only one."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Its settings, as JSON. For a command: `argv`, the words after `hem`, and `cwd`, the folder it was started in."""

    @property
    def home(self) -> Path:
        """The folder it may write to: the workspace, or the stand-in for a read-only one."""
        return self.folder.parents[2]

    @property
    def claim(self) -> Path:
        """The claim of the process that runs it, see `hem_core.store.claim`."""
        return self.folder / CLAIM

    @property
    def log(self) -> Path:
        """The output of its process; missing for a command that was started in a terminal."""
        return self.folder / "log.txt"

    @property
    def is_command(self) -> bool:
        """Whether it is a `hem` command."""
        return "argv" in self.settings


def new_job(
    workspace: Path | str, kind: str, name: str, settings: Mapping[str, Any], *, without_writing: bool = False
) -> Job:
    """A job that has not been started; nothing is written.

    without_writing: in a workspace that cannot be written to, keep it in a temporary folder, which is removed when this
    process ends. Raises RunError for a name that no folder can have.
    """
    home = Path(workspace).absolute()
    if name in ("", ".", "..") or Path(name).name != name or name.startswith("."):
        raise RunError(f"a job cannot be called '{name}'; use a name that a folder can have")
    place = _in(home, kind, name)
    if without_writing and not place.is_dir() and not _is_writable(home):
        place = _in(stand_in(home), kind, name)
    return Job(home, kind, name, place, dict(settings))


def open_job(workspace: Path | str, kind: str, name: str) -> Job | None:
    """The job of that kind and name as last started; None if there is none."""
    home = Path(workspace).absolute()
    for place in (_in(home, kind, name), _in(stand_in(home), kind, name) if home in _stand_ins else None):
        if place is not None and (place / SETTINGS).is_file():
            return read_job(place, home)
    return None


def read_job(place: Path, workspace: Path) -> Job:
    """The job stored in a folder. Raises RunError for one of a newer HEM."""
    record = read(place / SETTINGS)
    if record.get("format_version", FORMAT_VERSION) != FORMAT_VERSION:
        raise RunError(f"{place} has format version {record['format_version']}; install the newer HEM")
    settings = record.get("settings")
    return Job(workspace, place.parent.name, place.name, place, dict(settings) if isinstance(settings, Mapping) else {})


def listing(workspace: Path | str) -> list[Job]:
    """The jobs of a workspace, last started first; jobs of a newer HEM are skipped."""
    records = [(read(place / SETTINGS), place) for place in _places(Path(workspace), SETTINGS)]
    current = [(record, place) for record, place in records if record.get("format_version") == FORMAT_VERSION]
    current.sort(key=lambda each: (-float(each[0].get("started") or 0), each[1].name))
    return [read_job(place, Path(workspace).absolute()) for _, place in current]


def running(workspace: Path | str) -> list[Job]:
    """The jobs that are running; quick, however many jobs there are in all."""
    claims = [place for place in _places(Path(workspace), CLAIM) if owner(place / CLAIM) is not None]
    return [read_job(place, Path(workspace).absolute()) for place in claims]


def read(path: Path) -> dict[str, Any]:
    """The contents of a JSON file of a job; {} when it cannot be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


_stand_ins: dict[Path, Path] = {}


def stand_in(workspace: Path) -> Path:
    """A folder that stands in for a read-only workspace; it is removed when this process ends."""
    return _stand_ins.setdefault(workspace.absolute(), Path(_temporary(workspace.absolute()).name))


@functools.cache
def _temporary(workspace: Path) -> tempfile.TemporaryDirectory[str]:
    del workspace  # one for each
    return tempfile.TemporaryDirectory(prefix="hem-jobs-", ignore_cleanup_errors=True)


def _places(workspace: Path, file: str) -> Iterator[Path]:
    home = workspace.absolute()
    for place in (home, _stand_ins.get(home)):
        if place is not None:
            yield from (path.parent for path in sorted((place / FOLDER).glob(f"*/*/{file}")))


def _in(home: Path, kind: str, name: str) -> Path:
    return home / FOLDER / kind / name


def _is_writable(workspace: Path) -> bool:
    from hem_core.store.workspace import open_workspace

    return open_workspace(workspace).is_writable()
