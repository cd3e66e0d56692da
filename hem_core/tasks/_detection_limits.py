"""The limits by which boxes are matched, checked once."""

from __future__ import annotations

from hem_core.boxes.pooling import POOLS
from hem_core.errors import HemError


def check_limits(foreground: float, background: float, floor: float, pool: str) -> None:
    """Raise HemError for limits that cannot be: IoUs and a confidence, each in 0 .. 1, and the name of a pooling."""
    for name, value in (
        ("--foreground-iou", foreground),
        ("--background-iou", background),
        ("--confidence-floor", floor),
    ):
        if not 0 <= value <= 1:
            raise HemError(f"{name} must be 0 to 1; it is {value}")
    if not background < foreground:
        raise HemError(f"--background-iou must be below --foreground-iou; they are {background} and {foreground}")
    if pool not in POOLS:
        raise HemError(f"no --pool '{pool}'; there are: {', '.join(POOLS)}")
