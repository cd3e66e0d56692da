"""Views of Explore that people have saved under a name, for everybody: a small file for each, in WORKSPACE/views."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hem_core.errors import ConflictError, DataError
from hem_core.store import rules
from hem_core.store.atomic import remove_leftovers, sync_folder, temporary_name, write_json
from hem_core.store.level_names import EXAMPLES

FORMAT_VERSION = 1
LONGEST = 60
"""Characters of a name."""


@dataclass(frozen=True)
class SavedView:
    """What Explore shows: which rows, and how."""

    name: str
    run: str
    """Name of the run on which it was saved; it can be opened on others."""
    data: str
    """Name of that run's data set."""
    level: str = EXAMPLES
    filter: Mapping[str, Any] | None = None
    """A rule; None = everything."""
    selection: Mapping[str, Any] | None = None
    """A rule inside the filter; None = nothing is selected."""
    view: Mapping[str, Any] | None = None
    """The settings of Explore that differ from the defaults."""
    who: str = ""
    saved: str = ""
    """When, ISO 8601 in UTC."""

    @property
    def rule(self) -> dict[str, Any]:
        """The rows that it is about: those selected, or all that the filter matches."""
        return {"all": [*rules.clauses(self.filter), *rules.clauses(self.selection)]}


def save(workspace: Path | str, view: SavedView, *, is_replacing: bool = False) -> SavedView:
    """Store a view under its name, with the time; it is whole on the disk when this returns it.

    Raises ConflictError when the name is taken, unless is_replacing; DataError for a name that cannot be one, or rules
    that are none.
    """
    _ = view.rule  # raises where one of its rules is none
    saved = datetime.now(UTC).isoformat(timespec="milliseconds")
    stored = replace(view, name=checked_name(view.name), saved=saved)
    _write(workspace, stored, is_replacing=is_replacing)
    return stored


def listing(workspace: Path | str) -> list[SavedView]:
    """The saved views, newest first; a file that is none is skipped."""
    paths = _home(workspace).glob("*.json")
    found = [view for path in paths if (view := _read(path)) is not None]
    return sorted(found, key=lambda view: (view.saved, view.name), reverse=True)


def load(workspace: Path | str, name: str) -> SavedView:
    """The view of a name. Raises DataError listing those there are."""
    found = _read(_path(workspace, name))
    if found is None:
        names = ", ".join(view.name for view in listing(workspace)) or "none yet"
        raise DataError(f"no saved view '{name}'; there are: {names}")
    return found


def rename(workspace: Path | str, name: str, new: str) -> None:
    """Give a view another name; killed in between, it has both.

    Raises ConflictError when the new name is taken, DataError when it cannot be one or there is no such view.
    """
    view = load(workspace, name)
    new = checked_name(new)
    if new != name:
        _write(workspace, replace(view, name=new), is_replacing=False)
        delete(workspace, name)


def delete(workspace: Path | str, name: str) -> None:
    """Delete a view for everybody. Raises DataError when there is no such view."""
    load(workspace, name)
    _path(workspace, name).unlink(missing_ok=True)
    sync_folder(_home(workspace))


def checked_name(name: str) -> str:
    """A name without surplus space. Raises DataError for one that is empty, too long or not printable."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise DataError(f"a saved view has a name of 1 to {LONGEST} characters; got {name!r:.80}")
    return name


def _write(workspace: Path | str, view: SavedView, *, is_replacing: bool) -> None:
    path = _path(workspace, view.name)
    content = {"format_version": FORMAT_VERSION, **asdict(view)}
    if is_replacing:
        write_json(path, content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent)
    with temporary_name(path) as temporary:
        write_json(temporary, content)
        try:
            os.link(temporary, path)  # fails where the name is taken, unlike a rename
        except FileExistsError:
            raise ConflictError(
                f"there is a saved view '{view.name}' already; choose another name, or replace it"
            ) from None
    sync_folder(path.parent)


def _read(path: Path) -> SavedView | None:
    try:
        content = json.loads(path.read_text("utf-8"))
        version = content.pop("format_version")
        view = SavedView(**content)
        checked_name(view.name)
        _ = view.rule
    except (OSError, ValueError, TypeError, KeyError, AttributeError, DataError):
        return None
    return view if version == FORMAT_VERSION else None


def _path(workspace: Path | str, name: str) -> Path:
    """A name can be any text, a file name not: it is named by the hash of the text."""
    return _home(workspace) / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


def _home(workspace: Path | str) -> Path:
    return Path(workspace) / "views"
