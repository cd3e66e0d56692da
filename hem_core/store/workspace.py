"""A workspace: a folder with runs, the tag log and curated sets."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hem_core.buckets.address import is_address
from hem_core.buckets.fetched import fetch_either
from hem_core.buckets.places import WORK, address_of
from hem_core.errors import RunError
from hem_core.store.arms import arms, is_arm
from hem_core.store.names import check_name, shown
from hem_core.store.run import Run, open_run, read_run

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog


def open_workspace(folder: Path | str) -> Workspace:
    """Open the workspace in a folder, or the one around a run folder; it may still be empty.

    Of an address the finished runs are downloaded first, and nothing can be written to it.

    Raises RunError when the folder does not exist or is a run outside a workspace.
    """
    folder = fetch_either(folder) if is_address(folder) else Path(folder)
    check_name(folder.resolve(), "the workspace")
    if not folder.is_dir():
        raise RunError(
            f"no folder {folder}; make an empty workspace with mkdir {folder}, or one with example data with "
            f"hem demo --workspace {folder}"
        )
    if not (folder / "run.json").is_file():
        return Workspace(folder)
    runs = folder.resolve().parent
    if runs.name != "runs":
        raise RunError(
            f"the run {folder} is in no workspace, so its tags cannot be stored: "
            f"move it to WORKSPACE/runs/{folder.resolve().name} and open WORKSPACE"
        )
    return Workspace(runs.parent)


@dataclass(frozen=True)
class Workspace:
    folder: Path

    def runs(self, *, with_arms: bool = False) -> list[Run]:
        """The runs, newest first, including those in progress (`is_complete` is False).

        with_arms: also the runs of the retrainings' arms, which otherwise stay inside their retraining.
        """
        found = self._read()[0]
        return self._listed(found) if not with_arms else sorted(found, key=_newest_first, reverse=True)

    def listing(self) -> tuple[list[Run], dict[str, str]]:
        """`runs` and `broken` with one read of the folder."""
        found, broken = self._read()
        return self._listed(found), broken

    def retraining_of(self, run: Run) -> str | None:
        """Name of the retraining that a run is an arm of; None for a run of its own."""
        known = arms(self.folder)
        return known[run.name] if is_arm(run.name, run.data, known) else None

    def identity(self, *, is_kept: bool = True) -> str:
        """A unique name of this workspace: it stays when the folder is moved or renamed; a copy gets another one.

        Made once and kept in workspace.json; of a folder that cannot be written to, it follows from its place, and so
        it does where there is none yet and it is not to be kept.
        """
        path = self.folder / "workspace.json"
        home = self.folder.resolve()
        secret = _stored_id(path)
        if secret is None and not is_kept:
            secret = os.fsencode(home).hex()
        elif secret is None:
            secret = secrets.token_hex(16)
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(json.dumps({"format_version": 1, "id": secret}) + "\n")
            except OSError:  # read-only, or somebody was first
                secret = _stored_id(path) or os.fsencode(home).hex()
        # The number of the folder tells a copy from what was copied.
        return hashlib.sha256(f"{secret} {home.stat().st_ino}".encode()).hexdigest()[:16]

    def is_writable(self) -> bool:
        """Whether files can be written here; not in a colleague's folder, on a read-only share or in a bucket."""
        return address_of(self.folder, WORK) is None and os.access(self.folder, os.W_OK)

    def broken(self) -> dict[str, str]:
        """Runs that cannot be read: name of the folder -> what is wrong and what to do."""
        return self._read()[1]

    def run(self, name: str) -> Run:
        """Open a complete run by its name. Raises RunError listing the runs when there is none."""
        if not (name and (self.folder / "runs" / name / "run.json").is_file() and Path(name).name == name):
            known = [run.name for run in self.runs()]
            there = f"there are: {', '.join(known)}" if known else "there is none yet"
            raise RunError(f"no run '{name}' in {self.folder}; {there}")
        return open_run(self.folder / "runs" / name)

    def tags(self, url: str | None = None) -> TagLog:
        """The tag log: in the database at an SQLAlchemy URL, by default $HEM_TAGS_URL; without one tags.sqlite here."""
        from hem_core.store.tag_place import tag_place
        from hem_core.store.tags import open_tags

        return open_tags(tag_place(self.folder, url))

    def tags_to_read(self) -> TagLog:
        """`tags` for a command that writes none: where there are none yet, an empty log, and no file is made."""
        from hem_core.store.tag_place import tag_place
        from hem_core.store.tags import TagLog

        place = tag_place(self.folder)
        return self.tags() if isinstance(place, str) or place.exists() else TagLog(place, is_made=False)

    def sets(self) -> dict[str, list[int]]:
        """The curated sets: name -> versions, ascending."""
        from hem_core.store import sets

        return {name: sets.versions(self.folder, name) for name in sets.names(self.folder)}

    def _listed(self, found: list[Run]) -> list[Run]:
        known = arms(self.folder)
        own = [run for run in found if not is_arm(run.name, run.data, known)]
        return sorted(own, key=_newest_first, reverse=True)

    def _read(self) -> tuple[list[Run], dict[str, str]]:
        runs, broken = [], {}
        for path in sorted((self.folder / "runs").glob("*/run.json")):
            try:
                check_name(path.parent, "the run")
                runs.append(read_run(path.parent))
            except RunError as error:
                broken[shown(path.parent.name)] = str(error)
        return runs, broken


def _stored_id(path: Path) -> str | None:
    try:
        found = json.loads(path.read_text("utf-8"))["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and found else None


def _newest_first(run: Run) -> tuple[str, str]:
    return str(run.info.get("created") or ""), run.name
