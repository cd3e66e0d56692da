"""The choices of the page, which stand in its address; one that this run cannot show counts as not made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app import state


def number(name: str, low: float, high: float, usual: float) -> float:
    """A number that was chosen, within its limits; `usual` where none was."""
    found = _chosen(name)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and low <= found <= high else usual


def one(name: str, known: Sequence[str]) -> str | None:
    """One of the known names; the first where none was chosen, None where there is none."""
    found = _chosen(name)
    return found if found in known else next(iter(known), None)


def some(name: str, known: Sequence[str], most: int, usual: Sequence[str]) -> list[str]:
    """Some of the known names, in the order in which they were chosen; `usual` where none was."""
    found = _chosen(name)
    chosen = [each for each in found if each in known] if isinstance(found, list) else []
    return list(dict.fromkeys(chosen))[:most] or list(usual)


def choose(name: str, value: object, usual: object) -> None:
    """Put a choice into the address; the usual one is not written."""
    settings = {key: each for key, each in state.detection().items() if key != name}
    state.set_detection(settings if value == usual else {**settings, name: value})


def key(name: str, value: object) -> str:
    """The key of the widget of a choice, which shows a value."""
    return state.put(f"detection_{name}", value)


def changed(name: str, usual: object) -> Callable[[], None]:
    """What that widget calls when it is changed."""
    return state.take(f"detection_{name}", lambda chosen: choose(name, chosen, usual))


def _chosen(name: str) -> Any:
    return state.detection().get(name)
