"""Refuse options outside their range, in one wording."""

from hem_core.errors import MiningError


def between(name: str, value: float, low: float, high: float) -> float:
    """`value` where low <= value <= high; else MiningError."""
    if not low <= value <= high:
        raise MiningError(f"{name} must be a number in {low:g} .. {high:g}; got {value!r}")
    return value


def at_least(name: str, value: int, low: int) -> int:
    """`value` where it is a whole number >= low; else MiningError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise MiningError(f"{name} must be a whole number of at least {low}; got {value!r}")
    return value
