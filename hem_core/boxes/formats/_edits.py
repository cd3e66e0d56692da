"""What differs between annotations as their file has them and as they should be written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core.boxes.annotations import Annotations, Source
from hem_core.errors import DataError


@dataclass(frozen=True)
class Edits:
    """Indices of boxes: `old` ones in the file, `new` ones as they should be written."""

    removed: tuple[int, ...]
    """Old."""
    changed: tuple[tuple[int, int], ...]
    """(old, new) of boxes that were moved or have another class."""
    added: tuple[int, ...]
    """New."""

    def __bool__(self) -> bool:
        return bool(self.removed or self.changed or self.added)


def edits(before: Annotations, after: Annotations) -> Edits:
    """The edits that lead from one to the other; a box is the same when its image and its record are."""
    width = 1 + max(before.records.max(initial=0), after.records.max(initial=0))
    old, new = before.boxes.image * width + before.records, after.boxes.image * width + after.records
    is_added = after.records < 0
    order = np.argsort(old)
    kept = np.flatnonzero(~is_added)
    place = order[np.searchsorted(old, new[kept], sorter=order)] if len(kept) else kept
    moved = (before.boxes.xyxy[place] != after.boxes.xyxy[kept]).any(axis=1)
    differs = moved | (before.boxes.label[place] != after.boxes.label[kept])
    removed = np.ones(len(old), bool)
    removed[place] = False
    pairs = zip(place[differs].tolist(), kept[differs].tolist(), strict=True)
    return Edits(tuple(np.flatnonzero(removed).tolist()), tuple(pairs), tuple(np.flatnonzero(is_added).tolist()))


def is_moved(before: Annotations, after: Annotations, old: int, new: int) -> bool:
    """Whether a box has another place."""
    return bool((before.boxes.xyxy[old] != after.boxes.xyxy[new]).any())


def check_digest(source: Source, digest: str) -> None:
    """Raise DataError where the source is not what was read."""
    if source.digest != digest:
        raise DataError(f"{source.path} has changed since it was read; read it again, and correct that")
