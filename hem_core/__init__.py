"""HEM scores how hard every example of a data set is for a model, and says why."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hem_core.dynamics.recorder import Recorder
    from hem_core.errors import HemError
    from hem_core.quality.find_label_issues import find_label_issues
    from hem_core.quality.issue_table import issue_table
    from hem_core.quality.label_quality import label_quality, label_quality_of_parts
    from hem_core.runs.options import Options
    from hem_core.runs.score import score
    from hem_core.runs.why import why
    from hem_core.sets.load import load_set
    from hem_core.store.run import open_run

_HOMES = {
    "HemError": "hem_core.errors",
    "Options": "hem_core.runs.options",
    "Recorder": "hem_core.dynamics.recorder",
    "find_label_issues": "hem_core.quality.find_label_issues",
    "issue_table": "hem_core.quality.issue_table",
    "label_quality": "hem_core.quality.label_quality",
    "label_quality_of_parts": "hem_core.quality.label_quality",
    "load_set": "hem_core.sets.load",
    "open_run": "hem_core.store.run",
    "score": "hem_core.runs.score",
    "why": "hem_core.runs.why",
}
__all__ = [
    "HemError", "Options", "Recorder",
    "find_label_issues", "issue_table", "label_quality", "label_quality_of_parts",
    "load_set", "open_run", "score", "why",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for and no more: the app reads runs without torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hem_core' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
