"""The run of the data that a loop mines, where the workspace has one."""

from __future__ import annotations

from pathlib import Path

from hem_core.store.workspace import open_workspace


def run_of(workspace: Path, data: str) -> str | None:
    """Name of the newest complete run over these data; None when there is none."""
    names = [run.name for run in open_workspace(workspace).runs() if run.is_complete and run.data == data]
    return names[0] if names else None
