"""What earlier imports wrote into the tag log, so that a file that is imported again adds nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from hem_core.store.tags import TagLog

KEEP = "right"
OLD_KEEP = "hard"
"""What earlier versions wrote where the given label stands; such an import is read as KEEP."""
Verdict = tuple[str, str]
"""Tag and value."""


class PastImports:
    """The answers of earlier imports that were not undone."""

    def __init__(self, log: TagLog, data: str) -> None:
        self._written: set[tuple[str, str, str, Verdict]] = set()
        self._last: dict[str, dict[str, Verdict]] = {}
        self.newest: dict[str, Verdict] = {}
        for action in log.actions(data):
            rule = _json(action.rule)
            if action.action == "add" and "imported" in rule:
                tag = KEEP if action.tag == OLD_KEEP else action.tag
                for id in action.ids:
                    self.add(id, action.who, (tag, action.value), rule)

    def add(self, id: str, who: str, verdict: Verdict, rule: Mapping[str, Any]) -> None:
        """Note an answer that was written."""
        self.newest[id] = verdict
        if not rule.get("settles"):
            self._written.add((str(rule.get("sha256")), who, id, verdict))
            self._last.setdefault(id, {})[who] = verdict

    def lacks(self, id: str, who: str, verdict: Verdict, sha256: str) -> bool:
        """Whether an answer is new: not the person's last one, and not from a file that was imported before."""
        is_there = (sha256, who, id, verdict) in self._written
        return not is_there and self.votes(id).get(who) != verdict

    def votes(self, id: str) -> dict[str, Verdict]:
        """The last answer of each person for an example."""
        return dict(self._last.get(id, {}))


def write(
    log: TagLog, past: PastImports, data: str, answers: Iterable[tuple[str, str, Verdict]], rule: Mapping[str, Any]
) -> None:
    """Write (id, who, verdict): one action per person and verdict, so that an import can be undone in a few steps."""
    groups: dict[tuple[str, Verdict], list[str]] = {}
    for id, who, verdict in answers:
        groups.setdefault((who, verdict), []).append(id)
    for (who, (tag, value)), ids in sorted(groups.items()):
        log.add(data, ids, tag, who=who, value=value, rule=rule)
        for id in ids:
            past.add(id, who, (tag, value), rule)


def _json(rule: str) -> dict[str, Any]:
    try:
        found = json.loads(rule)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
