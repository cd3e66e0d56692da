"""The data map after each epoch, as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.wire.door import Refused
from hem_core.errors import RunError
from hem_core.store.replay import data_map_after, epochs_of

if TYPE_CHECKING:
    from hem_core.store.level import Level

AXES = ("variability", "confidence_mean")


def epochs(level: Level) -> int:
    """How many epochs of the data map can be shown; 0 where the run lacks its columns or the recording."""
    if not all(name in level.source.columns for name in AXES):
        return 0
    try:
        return epochs_of(level)
    except RunError:  # Explore opens all the same; Review says what is the matter with the file
        return 0


def positions(level: Level, text: str) -> bytes:
    """The map after an epoch: N float32 of its x axis, then N of its y axis, little-endian.

    text: the number of epochs, as in an address. Raises Refused for what is no epoch of the run.
    """
    most = epochs(level)
    if not text.isdecimal() or not 1 <= int(text[:6]) <= most:
        raise Refused(400, f"'epoch' must be a whole number from 1 to {most}; got '{text[:40]}'")
    return b"".join(axis.astype(np.dtype("<f4")).tobytes() for axis in data_map_after(level, int(text)))
