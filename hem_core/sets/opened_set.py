"""A saved set that has been read, with the run that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.sets.of_parts import examples_of
from hem_core.sets.run_of_set import run_of_set
from hem_core.store import sets
from hem_core.store.level_names import EXAMPLES
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace
from hem_core.tasks import MeasuresTogether, of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class OpenedSet:
    """One version of a set."""

    name: str
    version: int
    rows: pd.DataFrame
    """The rows of its level."""
    manifest: Mapping[str, Any]
    run: Run

    @property
    def example_ids(self) -> set[str]:
        """The ids of its examples; of a set of parts, of the examples that they are of."""
        level = str(self.manifest.get("level", EXAMPLES))
        rows = self.rows if level == EXAMPLES else examples_of(self.rows, self.run, level)
        return set(rows["id"])

    @property
    def is_measured_together(self) -> bool:
        """Whether the task of its run is measured on all examples together."""
        return isinstance(of(self.run.info), MeasuresTogether)


def open_set(workspace: Path | str, name: str, version: int | None = None) -> OpenedSet:
    """Read a set once: "hard" for its newest version, "hard_v3" for version 3, or a name with its version.

    Raises HemError when the set or its run is gone.
    """
    chosen, number = (name, version) if version is not None else sets.named(workspace, name)
    rows, manifest = sets.load(workspace, chosen, number)
    return OpenedSet(chosen, int(number), rows, manifest, run_of_set(open_workspace(workspace), manifest))
