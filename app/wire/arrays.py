"""Whole columns of a level, and what follows from them, as arrays: made once for all sessions, the oldest forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from hem_core.store.places import Places, places

if TYPE_CHECKING:
    from hem_core.store.level import Level

KEPT_BYTES, BYTES_A_ROW = 64 << 20, 24
"""How much stays in memory over all runs, and how much more for each row of the level that was looked at last; what is
made anew from the files takes a few hundredths of a second."""


class Sized(Protocol):
    """What knows how much memory it takes."""

    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=Sized)
_kept: dict[Hashable, Any] = {}
_making: dict[Hashable, threading.Lock] = {}
_lock = threading.Lock()


def kept(level: Level, what: Hashable, make: Callable[[], T]) -> T:
    """What was made of a level under a name, made now if it is not there; two threads never make the same at once."""
    key = (str(level.folder), level.fingerprint, level.name, what)
    with _lock:
        if key in _kept:
            _kept[key] = found = _kept.pop(key)  # the newest stands last
            return found
        making = _making.setdefault(key, threading.Lock())
    with making:
        with _lock:
            if key in _kept:
                return _kept[key]
        try:
            made = make()
        finally:
            with _lock:
                _making.pop(key, None)
        with _lock:
            _kept[key] = made
            most = KEPT_BYTES + BYTES_A_ROW * level.n
            while sum(one.nbytes for one in _kept.values()) > most and len(_kept) > 1:
                _kept.pop(next(iter(_kept)))
    return made


def numbers(level: Level, name: str) -> np.ndarray:
    """A column of numbers, (N,) float32, not to be changed."""
    return kept(level, ("numbers", name), lambda: level.numbers(name))


def placed(level: Level, x: str, y: str) -> Places:
    """Where the rows lie on two columns of numbers."""
    return kept(level, ("places", x, y), lambda: places(numbers(level, x), numbers(level, y)))
