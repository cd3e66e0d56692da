"""Which runs of a workspace are the arms of a retraining: they are opened from there, not from the list of runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def arms(workspace: Path) -> dict[str, str]:
    """Name that the run of an arm has -> its retraining, for every retraining that got as far as a plan."""
    retraining_of: dict[str, str] = {}
    for path in sorted((workspace / "retrains").glob("*/plan.json")):
        name = path.parent.name
        named = _read(path).get("arms")
        retraining_of |= {f"{name}-{arm}": name for arm in (named if isinstance(named, list) else ())}
    return retraining_of


def is_arm(name: str, data: str, known: dict[str, str]) -> bool:
    """Whether a run is one of `arms`; a run of that name over other data is not an arm."""
    return name in known and data.endswith("-test")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
