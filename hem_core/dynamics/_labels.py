"""The label that each id was logged with: last known, and whether it changed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hem_core.errors import DataError

MOST_CHANGED = 0.2
"""Share of the ids that may change their target within a training: corrections are rare, positions change all."""


class Labels:
    """Place of an id -> its last known label."""

    def __init__(self) -> None:
        self._last: dict[int, Any] = {}
        self._changed: dict[int, tuple[Any, Any]] = {}

    def add(self, places: Sequence[int], labels: Sequence[Any] | None) -> None:
        """The labels logged for ids at these places; None = none were logged."""
        for place, label in zip(places, labels, strict=True) if labels is not None else ():
            if label is None:
                continue
            if self._last.setdefault(place, label) != label:
                self._changed.setdefault(place, (self._last[place], label))
                self._last[place] = label

    def of(self, places: Sequence[int]) -> list[Any] | None:
        """The labels at these places; None where no label is known at all."""
        return [self._last.get(place) for place in places] if self._last else None

    def check(self, ids: Sequence[str]) -> None:
        """Raise DataError where more than MOST_CHANGED of the ids changed their label. ids: by place."""
        if len(self._changed) <= MOST_CHANGED * len(self._last):
            return
        place, (before, after) = min(self._changed.items())
        raise DataError(
            f"{len(self._changed):,} of {len(self._last):,} ids were recorded with more than one target, such as id "
            f"'{ids[place]}' with {before!r} and {after!r}: these ids are places in a batch or in a shuffled order, and "
            "name no example; log ids that stay with their examples (a data set's own, or mining.WithIndex)"
        )
