"""When an audit of labels stops, for everybody who works on it: audits.json in the workspace."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hem_core.errors import DataError
from hem_core.store.atomic import write_json

FILE = "audits.json"
CONFIDENCES = (0.9, 0.95, 0.99)
"""Those that the app offers."""


@dataclass(frozen=True)
class StopRule:
    """Stop when the share of wrong labels is known to ± `half` (0 .. 1) at a confidence."""

    half: float = 0.02
    confidence: float = 0.95


def stop_rule(workspace: Path, data: str, level: str) -> StopRule:
    """The rule of the audit of a level; the usual one where nobody set another, or the file cannot be read."""
    stored = _read(workspace / FILE).get(_key(data, level))
    try:
        return _checked(StopRule(**stored)) if isinstance(stored, dict) else StopRule()
    except (TypeError, DataError):
        return StopRule()


def set_stop_rule(workspace: Path, data: str, level: str, rule: StopRule) -> None:
    """Change the rule; those of other levels and data stay. Raises DataError for one that nothing can satisfy."""
    path = workspace / FILE
    write_json(path, {**_read(path), _key(data, level): asdict(_checked(rule))})


def _checked(rule: StopRule) -> StopRule:
    if not 0 < rule.half < 0.5 or not 0.5 <= rule.confidence <= 0.999:
        raise DataError(
            "an audit needs a margin between ±0 and ±50 points and a confidence of 50 to 99.9%; got "
            f"±{100 * rule.half:g} points at {100 * rule.confidence:g}%"
        )
    return rule


def _key(data: str, level: str) -> str:
    return f"{data} {level}"


def _read(path: Path) -> dict:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
