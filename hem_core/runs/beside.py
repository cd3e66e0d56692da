"""The check of the runs named with --beside, before anything is scored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hem_core.errors import RunError
from hem_core.runs.prepare import Prepared
from hem_core.store.run import open_run


def check_beside(ready: Prepared, folders: Sequence[str | Path]) -> None:
    """Raises RunError for a run that shares no id with these examples, or gave none of them the same label."""
    if not folders:
        return
    given = {id: ready.classes[k] if k >= 0 else None for id, k in zip(ready.ids, ready.targets, strict=True)}
    for folder in folders:
        table = open_run(folder).table(["id", "label"])
        shared = [(id, label) for id, label in zip(table["id"], table["label"], strict=True) if id in given]
        if not shared:
            raise RunError(f"no id of the run '{folder}' is among these; --beside names runs on the same data")
        if not any(given[id] == label for id, label in shared):
            id, label = shared[0]
            raise RunError(
                f"the run '{folder}' gives none of these examples the label that it has here: '{id}' is '{label}' "
                f"there and '{given[id]}' here; --beside names runs on the same data with the same class names"
            )
