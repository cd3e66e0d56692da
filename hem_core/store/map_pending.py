"""A run can be opened as soon as its scores are there; the map of its embedding follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.store.claim import FILE, owner

MAP = "map"
COMPUTING = "The map is being computed; it appears by itself."
INTERRUPTED = (
    "The map is not there yet: its computation was interrupted. Compute it on Overview, or run the same `hem score` "
    "command again."
)


def is_map_pending(info: Mapping[str, Any]) -> bool:
    """Whether the map of a run is still to come. info: its run.json.

    A run that can have no map, was scored without one, or whose map failed is not pending: `missing` says why.
    """
    return MAP in (info.get("pending") or ())


def pending_map(folder: Path, info: Mapping[str, Any]) -> str | None:
    """What to tell about a map that is still to come: COMPUTING, or INTERRUPTED where no process is at work on the run;
    None where nothing is to come."""
    if not is_map_pending(info):
        return None
    return COMPUTING if owner(folder / FILE) is not None else INTERRUPTED
