"""The run that a set was made from, also where its folder has another name by now; without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hem_core.errors import DataError, RunError
from hem_core.store.level_names import EXAMPLES
from hem_core.store.run import Run, read_run
from hem_core.store.workspace import Workspace

UNSCORED = "unscored"
"""The entry of a manifest that names the data of a set, and the folder of a workspace with data that no model scored:
each is a run folder with a catalog alone."""


def unscored(workspace: Workspace, name: str) -> Run | None:
    """Data of that name that no model scored; None where they are gone."""
    folder = workspace.folder / UNSCORED / name
    return read_run(folder) if (folder / "run.json").is_file() else None


def find_run_of_set(workspace: Workspace, manifest: Mapping[str, Any]) -> Run | None:
    """The complete run with the fingerprint that the set names, whatever its folder is called, else the one of that
    name; None when there is neither. Of a set of data that were never scored, these data.
    """
    if manifest.get(UNSCORED):
        return unscored(workspace, str(manifest[UNSCORED]))
    runs = [run for run in workspace.runs() if run.is_complete]
    name, fingerprint = manifest.get("run"), manifest.get("run_fingerprint")
    same = [run for run in runs if fingerprint and run.fingerprint == fingerprint]
    named = [run for run in [*same, *runs] if run.name == name]
    return next(iter([*(run for run in same if run.name == name), *same, *named]), None)


def run_of_set(workspace: Workspace, manifest: Mapping[str, Any]) -> Run:
    """The same; raises RunError, naming the run and those that are there, when it is gone."""
    found = find_run_of_set(workspace, manifest)
    if found is None:
        raise RunError(gone(workspace, manifest))
    return found


def check_examples(manifest: Mapping[str, Any], what: str) -> None:
    """Raise DataError when a set is made of parts of examples, which `what` cannot do anything with."""
    level = manifest.get("level", EXAMPLES)
    if level != EXAMPLES:
        raise DataError(
            f"{what} works on sets of examples, and this set is one of '{level}', parts of examples; make a set of the "
            "level 'examples', or export this one"
        )


def gone(workspace: Workspace, manifest: Mapping[str, Any]) -> str:
    """The words for a run that is not there."""
    there = ", ".join(run.name for run in workspace.runs() if run.is_complete) or "none"
    return (
        f"the run '{manifest.get('run')}' that this set was made from is not in '{workspace.folder}' under any name "
        f"(runs there: {there}); put its folder back into '{workspace.folder / 'runs'}'"
    )
