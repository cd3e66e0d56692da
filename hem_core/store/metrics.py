"""The metrics of a run in run.json, including runs of versions that stored accuracy alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hem_core.types import Metric


def metrics_of(info: Mapping[str, Any]) -> list[Metric]:
    """The metrics of a run as run.json has them, the headline first; [] where it has none.

    Version 0.1 wrote `accuracy` alone. Entries without a name or a number are skipped, unknown keys ignored.
    """
    stored = info.get("metrics")
    if stored is None:
        accuracy = info.get("accuracy")
        return [] if accuracy is None else [Metric("accuracy", float(accuracy), n=info.get("n"))]
    entries = [entry for entry in stored if isinstance(entry, Mapping) and _is_whole(entry)]
    return [Metric(**{key: entry[key] for key in Metric.__dataclass_fields__ if key in entry}) for entry in entries]


def _is_whole(entry: Mapping[str, Any]) -> bool:
    value = entry.get("value")
    return isinstance(entry.get("name"), str) and isinstance(value, int | float) and not isinstance(value, bool)
